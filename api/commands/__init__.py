"""The command line: modules of commands, with little code of their own."""
