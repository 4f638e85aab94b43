"""A codebook as a file: CSV and QDC."""
