"""The marks that replace personal data, and how much of a text is read."""

import re

from survey.coding.redactions import UNREAD

CHARACTERS_READ = 5_000
"""Characters of a text that its tone and themes are read from: what an instrument accepts."""

CHARACTERS_SEARCHED = 20_000
"""Characters of a text that are searched for personal data; what follows them is masked whole."""

# Every kind that redaction writes is listed, or its mark would be read as the writer's own words.
KINDS = (
    *("name", "email", "phone", "postcode", "address", "vehicle", "NI number", "NHS number"),
    *("date of birth", "officer number", "reference", "bank", "link", "handle", UNREAD),
)
MARK = re.compile(rf"\[(?:{'|'.join(KINDS)})\]")


def without_marks(text: str) -> str:
    """The text without its redaction marks, which are not the writer's own words."""
    return MARK.sub(" ", text) if "[" in text else text
