"""Surveys that interviewers carry: sample points, visits and what came of them."""
