"""Fieldwork: sample points, who goes there, what came of it."""
