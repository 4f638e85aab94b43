"""Community scrutiny panels: the draw of records."""
