"""Speech: written down by a small model, and how many of its words are wrong."""
