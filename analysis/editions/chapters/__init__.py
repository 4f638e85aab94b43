"""The chapters of an edition: what each one computes."""
