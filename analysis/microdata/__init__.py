"""Estimates from a file of survey answers, one row a respondent: `soundings estimate`."""
