"""The pages of a community group that runs surveys."""
