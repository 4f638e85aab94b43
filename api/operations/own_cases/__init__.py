"""What the owner of a case does with it, by page and by JSON."""
