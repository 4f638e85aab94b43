"""SQL for answers that others entered: uploads of tables, and forms of paper."""
