"""Community scrutiny panels: rules of a draw, meetings, records and marks."""
