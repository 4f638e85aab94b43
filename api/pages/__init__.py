"""The HTML pages: a folder for each kind of reader, a module for each noun."""
