"""Files of strangers: what is refused of them, a process with limits to read them, tables."""
