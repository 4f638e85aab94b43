"""Editions for the working group: drafts, comments, publishing, actions, alerts."""
