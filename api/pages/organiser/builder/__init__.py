"""The survey builder: drafts, their questions and conditions, and publication."""
