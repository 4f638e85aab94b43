"""The command line: one module for each command, with little code of its own."""
