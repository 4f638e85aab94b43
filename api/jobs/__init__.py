"""Jobs of the queue: each reads, computes and saves."""
