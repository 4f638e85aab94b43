"""SQL for what the people who made a survey see of its answers."""
