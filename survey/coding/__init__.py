"""What people wrote, and what it was found to say: codebooks, codes, double coding, quotes."""
