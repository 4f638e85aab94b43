"""Words and files of cases, encrypted: as they are written, and again with another key."""
