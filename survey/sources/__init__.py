"""Reads published files into counts and perceptions: one small module for each format."""
