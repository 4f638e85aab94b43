"""`serve`, `worker` and `migrate`, and the processes that they start."""
