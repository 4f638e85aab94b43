"""Data imports, and the counts and answers under a figure."""
