"""What is public and the same for everyone: made once, and served again without making it."""
