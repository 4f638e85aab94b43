"""A survey in another program's file: which reader takes it, and what is mended or left out."""
