"""The numbers of printed forms: digits, and a letter by which most slips of the pen are noticed."""

import re

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXY"  # 23, a prime: one wrong digit, or two swapped, change it
WRITTEN = re.compile(r"0*([1-9][0-9]{0,7})\s*-?\s*([A-Za-z])")


def form_code(number: int) -> str:
    """A number as it is printed on its form, such as 47-K."""
    return f"{number}-{check_letter(number)}"


def check_letter(number: int) -> str:
    weighted = sum(
        place * int(digit) for place, digit in enumerate(reversed(str(number)), 2)
    )  # each place has a weight of its own
    return LETTERS[weighted % len(LETTERS)]


def parse_form_code(text: str) -> int | None:
    """The number of a form as somebody typed it; None if the letter does not go with it."""
    found = WRITTEN.fullmatch(text.strip())
    if found is None:
        return None
    number = int(found[1])
    return number if check_letter(number) == found[2].upper() else None
