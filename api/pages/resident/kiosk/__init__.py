"""A survey asked on one device, person after person, with or without a line."""
