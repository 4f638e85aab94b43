"""`doctor`: what is configured, reachable and waiting."""
