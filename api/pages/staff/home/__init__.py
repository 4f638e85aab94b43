"""What every member of staff has: the page after signing in, their password, unsent forms."""
