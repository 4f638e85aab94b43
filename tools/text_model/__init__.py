"""Builds the sentence model and the examples that are read in advance."""
