"""Pictures: what a device wrote is taken out."""
