"""Published files about what residents think of their police: one module a format."""
