"""Cursors for paging: the key of a page's last row, after which the next page starts."""

import base64
import binascii
import datetime
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

import msgspec

from survey.problems import Malformed

Row = TypeVar("Row")
Thing = TypeVar("Thing")


class ResultPage(msgspec.Struct, Generic[Thing], frozen=True):
    """One page of a list; `next` is null on the last page, otherwise pass it on as `after`."""

    items: list[Thing]
    next: str | None = None


def build_page(
    rows: Sequence[Row],
    limit: int,
    make: Callable[[Row], Thing],
    key: Callable[[Row], object],
) -> ResultPage[Thing]:
    """A page of at most `limit` rows, made from up to one row more; `key` gives a row's cursor."""
    page = rows[:limit]
    more = len(rows) > limit
    return ResultPage([make(row) for row in page], encode_cursor(key(page[-1])) if more else None)


def encode_cursor(key: object) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).decode().rstrip("=")


def decode_cursor(cursor: str | None, kind: Any) -> Any:
    """The key in a cursor; raises if it is none of ours."""
    if cursor is None:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        key = msgspec.json.decode(base64.urlsafe_b64decode(padded), type=kind)
    except (binascii.Error, msgspec.DecodeError, ValueError):
        raise bad_cursor() from None
    if not all(is_comparable(part) for part in (key if isinstance(key, tuple) else (key,))):
        raise bad_cursor()
    return key


def is_comparable(part: object) -> bool:
    """True if PostgreSQL can compare a cursor's value with a column, even if the cursor was
    forged.
    """
    if isinstance(part, str):
        # No key of ours has a control character, and a NUL is an error in PostgreSQL.
        return part.isprintable()
    if isinstance(part, datetime.datetime):
        # Without a zone the driver cannot compare it with a timestamptz.
        return part.tzinfo is not None
    # The driver fails on a number that does not fit the 32 bits of a column.
    return not isinstance(part, int) or 0 <= part < 2**31


bad_cursor = Malformed.of(
    "cursor.invalid",
    "This cursor is not valid.",
    "Start again without `after`, then pass on `next` unchanged.",
)
