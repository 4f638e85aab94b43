"""Answers that others enter for residents, as a table."""
