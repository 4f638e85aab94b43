"""Texts in, codes out. Nothing here learns from the texts that it codes."""
