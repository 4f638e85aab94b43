"""Weights, estimates, rates and the panel; arrays in, nouns out, each with its error."""
