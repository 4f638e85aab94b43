"""Themes: the coder of a codebook, candidate themes, and weekly proposals."""
