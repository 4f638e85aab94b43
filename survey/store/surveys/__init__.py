"""SQL for surveys, answers to them, their files and their sums."""
