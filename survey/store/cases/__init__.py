"""SQL for complaints and the cases that they become."""
