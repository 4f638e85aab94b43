"""A survey in another program's file: which reader reads it, and what is corrected or left out."""
