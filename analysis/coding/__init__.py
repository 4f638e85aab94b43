"""Texts that people coded: how well the machine reads them, and which may be quoted."""
