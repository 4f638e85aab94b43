"""What it means: arrays and texts in, nouns out; no SQL, no HTTP, no clock, no global state."""
