"""Numbers with their noun: '1 area', '2 areas', '1,430 figures'."""


def with_noun(number: int, one: str, many: str = "") -> str:
    """The number as a page shows it, with its noun in the singular or plural."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
