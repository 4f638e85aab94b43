"""Import and export of codebooks and surveys of other programs; one file or folder per format."""
