"""What people write about: codebooks, codes of texts, tones, quotes, demands."""
