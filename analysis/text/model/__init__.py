"""The sentence model, its card and the script that builds it."""
