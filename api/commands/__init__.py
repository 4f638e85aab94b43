"""The command line: one module a command, each a few lines round what the rooms already do."""
