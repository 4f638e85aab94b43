"""A simulated city with known truth: its people, what they write, on whom force is used."""
