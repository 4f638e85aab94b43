"""Evaluates the expressions of instruments on the server, for every page, API and import alike."""
