"""HTML: one reader a file."""
