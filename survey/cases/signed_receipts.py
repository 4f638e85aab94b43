"""The receipt of a complaint as text: what is signed, and how it is read again."""

import datetime

import msgspec

HEAD = "Soundings receipt 1"
SIGNATURE = "Signature"
WEEK = "%G-W%V"
LONGEST = 2_000


class SignedReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """That a complaint was received under this number in a week, and the SHA-256 of what its owner
    had written by the week in which the receipt was made.
    """

    site: str
    number: str
    received: str
    made: str
    digest: str

    def message(self) -> str:
        """What is signed: a line for each fact, in this order."""
        lines = [f"{name.capitalize()}: {getattr(self, name)}" for name in self.__struct_fields__]
        return "\n".join([HEAD, *lines, ""])


def week_name(day: datetime.date) -> str:
    """The week of a day as ISO 8601 writes it, such as 2026-W48."""
    return day.strftime(WEEK)


def week_start(week: str) -> datetime.date:
    return datetime.datetime.strptime(f"{week}-1", "%G-W%V-%u").date()  # noqa: DTZ007 - a day


def receipt_text(receipt: SignedReceipt, signature: str) -> str:
    return f"{receipt.message()}{SIGNATURE}: {signature}\n"


def parse_receipt(typed: str) -> tuple[SignedReceipt, str] | None:
    """The receipt and its signature in a text that was pasted or sent; None if it is not one.

    Lines may be ended as any system ends them, and be set apart by empty lines or spaces.
    """
    lines = [line for one in typed[:LONGEST].lstrip("\ufeff").splitlines() if (line := one.strip())]
    names = (*SignedReceipt.__struct_fields__, SIGNATURE.lower())
    pairs = [line.partition(": ") for line in lines[1:]]
    if lines[:1] != [HEAD] or [name.lower() for name, _, _ in pairs] != list(names):
        return None
    *facts, signature = [value for _, _, value in pairs]
    found = SignedReceipt(**dict(zip(names[:-1], facts, strict=True)))
    try:
        week_start(found.received), week_start(found.made)
    except ValueError:
        return None
    return found, signature
