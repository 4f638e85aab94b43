"""Reads the JSON of SurveyJS, a form library with a builder."""
