"""What the program says of itself: log lines, request ids, metrics. Nothing of what people send."""
