"""The demonstration: an invented London, the people in it, and what they do."""
