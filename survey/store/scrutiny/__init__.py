"""SQL for scrutiny panels: members, meetings, the records drawn, and the marks of members."""
