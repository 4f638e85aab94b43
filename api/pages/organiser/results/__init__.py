"""A survey's own results for those who made it: figures, what people wrote, single answers."""
