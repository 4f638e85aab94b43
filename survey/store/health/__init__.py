"""SQL on how the service itself runs."""
