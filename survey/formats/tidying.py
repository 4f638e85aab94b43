"""Cleans texts from files and forms of what cannot be shown and the database refuses."""

import unicodedata

# PostgreSQL stores no NUL, and half of a surrogate pair cannot be written as UTF-8.
CUT = ("Cc", "Cs")


def printable_text(text: str) -> str:
    """The text in NFC, without unprintable characters and outer white space."""
    plain = unicodedata.normalize("NFC", text).replace("\r\n", "\n")
    return "".join(c for c in plain if c in "\n\t" or unicodedata.category(c) not in CUT).strip()
