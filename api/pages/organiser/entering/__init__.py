"""Enter the answers of others: upload a table of them, or type in what is on paper."""
