"""Published files about use of force: one module a format."""
