"""Reads LimeSurvey's own files."""
