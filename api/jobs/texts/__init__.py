"""Reading what people wrote: coding, a new codebook, double coding, proposals, campaigns."""
