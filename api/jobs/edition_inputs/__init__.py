"""Making an edition: what it is made from is loaded, then computed and stored."""
