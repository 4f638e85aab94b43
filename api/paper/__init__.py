"""What is printed on A4, by typst: an edition to be read, a survey to be filled in."""
