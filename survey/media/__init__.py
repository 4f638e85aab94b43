"""Files that people send: what a device wrote into them is taken out."""
