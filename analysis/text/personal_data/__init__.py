"""Personal data in texts: how it is found and what replaces it."""
