"""What belongs to connections: whether they work, what they ask, and those to a replica."""
