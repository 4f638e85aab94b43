"""Public pages of scrutiny panels."""
