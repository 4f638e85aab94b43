"""Files of other programs: codebooks and surveys, in and out; one file or folder a format."""
