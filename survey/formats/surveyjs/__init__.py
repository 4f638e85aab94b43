"""Reads the JSON of SurveyJS, a form library with a builder."""

from survey.formats.surveyjs.reading import read

__all__ = ["read"]
