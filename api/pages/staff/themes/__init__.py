"""What people wrote: the codebook, themes, campaigns, demands, quotes and double coding."""
