"""Weights, estimates, rates and the panel. Arrays in, nouns out, each with its standard error."""
