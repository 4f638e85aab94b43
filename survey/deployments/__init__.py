"""Counts of police use of force as published, and how many people live where."""
