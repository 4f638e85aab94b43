"""SQL for the codebook, for codes of texts, and for what people decide about them."""
