"""SurveyJS, the JSON of the form library and its builder, read."""

from survey.formats.surveyjs.reading import read

__all__ = ["read"]
