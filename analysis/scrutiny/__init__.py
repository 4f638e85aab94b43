"""What a scrutiny panel found: estimates for all records, agreement, reports and their gate."""
