"""What people wrote: themes, campaigns, quotes, search, double coding."""
