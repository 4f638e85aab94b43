"""Near-duplicates of texts, and campaigns made of them."""
