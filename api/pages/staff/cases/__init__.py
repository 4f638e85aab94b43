"""One case: its page, what may be done with it, its words, files and links."""
