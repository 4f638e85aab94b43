"""What people wrote: themes, campaigns, demands, quotes, search, double coding."""
