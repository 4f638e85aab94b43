"""A complaint as a case: what was complained of, what may happen next, how to reach its owner."""
