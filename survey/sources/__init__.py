"""Published files read into nouns: one small module for each format."""
