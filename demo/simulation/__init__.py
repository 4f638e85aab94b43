"""A simulated city: what its people do and write, and how near editions come to the truth."""
