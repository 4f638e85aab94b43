"""Samples of people: weights, estimates, their errors, and the index."""
