"""What readers of published files share: cells, rows, sheets, periods, categories, faults."""
