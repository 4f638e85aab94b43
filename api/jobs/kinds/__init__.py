"""The kinds of job, found by the registry. A new kind is one more module here."""
