"""The running process: its port, its end, late imports, progress, the version of its code."""
