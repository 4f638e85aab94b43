"""Files that a resident adds: sent, listed, removed."""
