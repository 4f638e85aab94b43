"""Published files about stop and search: one module a format, and where a search took place."""
