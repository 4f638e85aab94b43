"""SQL for demands, for the texts about them, and for stances towards them."""
