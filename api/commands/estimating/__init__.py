"""`estimate`: the editions' estimates for any CSV."""
