"""What can be worked out of published counts, and which more to hide."""
