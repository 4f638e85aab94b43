"""Refusals of a file, whatever it holds."""

from survey.problems import Fault, Invalid, TooLarge


def unreadable_file(name: str, expected: str, seen: str) -> Invalid:
    return Invalid(
        "file.format",
        f"{name} is not the file that was expected.",
        f"Expected {expected}. Seen: {seen}. Nothing was saved.",
    )


def too_large_file(name: str, most: int) -> TooLarge:
    return TooLarge(
        "file.too_large",
        f"{name} is larger than {most // 1_000_000} MB.",
        "Import it in parts, such as one year at a time. Nothing was saved.",
    )


def bad_cells(name: str, faults: tuple[Fault, ...], more: int = 0) -> Invalid:
    first = faults[0]
    rest = f" and {len(faults) + more - 1:,} more" if len(faults) + more > 1 else ""
    return Invalid(
        "file.cells",
        f"{name}: {first.where}: {first.sentence}{rest}.",
        "Correct the file at its source and import it again; nothing was saved.",
        faults,
    )
