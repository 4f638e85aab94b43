"""Sound recordings: what a device wrote is taken out."""
