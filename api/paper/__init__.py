"""PDFs on A4, made by typst: an edition to read, a survey to fill in."""
