"""`backup` and `restore`, and files that get their name only when they are complete."""
