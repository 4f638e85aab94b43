"""What chapters say of texts: campaigns among them, and what a new codebook changed."""
