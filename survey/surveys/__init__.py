"""Surveys: their questions, the rules that an answer keeps, access codes, sums of answers."""
