"""Editions and reports of meetings as files, and what their columns mean for programs."""
