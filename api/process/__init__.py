"""The running process: what is installed, long work, files written whole, shared sums."""
