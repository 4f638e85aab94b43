"""The figures of each chapter of an edition."""
