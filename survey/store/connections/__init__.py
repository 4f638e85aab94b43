"""Connections of other kinds than those of the pool on the primary."""
