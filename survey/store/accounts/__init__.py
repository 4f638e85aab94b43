"""SQL for the people who work here: accounts, sessions, and the audit of what they did."""
