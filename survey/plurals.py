"""Numbers with their noun: '1 area', '2 areas', '1,430 figures'."""


def counted(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"
