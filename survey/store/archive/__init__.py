"""Closed months of answers as Parquet files: what is recorded of them, the files, their sums."""
