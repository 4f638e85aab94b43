"""The space on paper for the answers of each item type: one file a type (see ../questions.py)."""
