"""The running process: its port, its end, late imports, the version of its code."""
