"""LimeSurvey's own files, read."""

from survey.formats.limesurvey.reading import read

__all__ = ["read"]
