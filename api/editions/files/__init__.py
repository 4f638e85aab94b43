"""An edition as a spreadsheet, and what its columns mean for programs."""
