"""The HTML pages: one module for each kind of reader or task."""
