"""Words of a file as a page could have sent them."""

import unicodedata

CUT = ("Cc", "Cs")


def tidy(text: str) -> str:
    """Without signs that cannot be printed."""
    plain = unicodedata.normalize("NFC", text).replace("\r\n", "\n")
    return "".join(c for c in plain if c in "\n\t" or unicodedata.category(c) not in CUT).strip()
