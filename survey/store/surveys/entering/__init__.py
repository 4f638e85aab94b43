"""SQL for answers that a person brings in: uploads, forms of paper, and those that were held."""
