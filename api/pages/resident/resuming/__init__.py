"""Answers that are saved to go on with them later, on any device."""
