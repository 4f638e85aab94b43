"""Themes: what codes a text, proposes themes, and how well it reads, as measured by people."""
