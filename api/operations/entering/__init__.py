"""Answers that others enter for residents, and those that wait for a person to look at them."""
