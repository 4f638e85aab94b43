"""SQL for fieldwork: sample points, their visits, and interviews that were sent back."""
