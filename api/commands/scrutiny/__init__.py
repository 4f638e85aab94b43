"""Commands for scrutiny panels."""
