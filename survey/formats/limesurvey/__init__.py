"""Reads LimeSurvey's own files."""

from survey.formats.limesurvey.reading import read

__all__ = ["read"]
