"""all-mpnet-base-v2, a larger reader of vectors for themes: the extra `mpnet` (CARD.md)."""
