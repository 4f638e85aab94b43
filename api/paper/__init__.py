"""PDFs on A4, made by typst: a survey to fill in, copies, letters and handouts."""
