"""The chapters of an edition: the sections of each one on the page and in the PDF."""
