"""What handlers ask for by parameter name, types of common parameters, and pages of a list."""

import base64
import binascii
import datetime
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, TypeVar, cast

import msgspec
from litestar import Request
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.params import PathParameter, QueryParameter

from api.security.keyring import Keyring, ReceiptSigner
from api.security.people import Person
from api.security.requests import ON_PRIMARY
from survey.problems import Malformed
from survey.store.database import Database

FromDatabase = NamedDependency[Database]
FromReadDatabase = NamedDependency[Database]
FromPerson = NamedDependency[Person]
FromKeyring = NamedDependency[Keyring]
FromSigner = NamedDependency[ReceiptSigner]
FromQuarantine = NamedDependency[bool]

Slug = Annotated[str, PathParameter(pattern=r"^[a-z0-9][a-z0-9-]{1,59}$", examples=[])]
RowNumber = Annotated[int, PathParameter(ge=1, lt=2**31)]  # an integer of the database
Reference = Annotated[str, PathParameter(pattern=r"^[A-Z2-9]{4}-[A-Z2-9]{4}$")]
Cursor = Annotated[
    str | None,
    QueryParameter(
        max_length=400, required=False, description="`next` of the page before; absent at first"
    ),
]
PageLimit = Annotated[int, QueryParameter(ge=1, le=200, description="how many on a page")]
Row = TypeVar("Row")
Thing = TypeVar("Thing")


def provide_database(state: State) -> Database:
    return cast(Database, state.database)


def provide_read_database(request: Request[Any, Any, Any], state: State) -> Database:
    """The database to read from: its replica, if there is one and it did not just fail."""
    replica = getattr(state, "read_database", None)
    failed = request.scope["state"].get(ON_PRIMARY)
    return cast(Database, state.database if replica is None or failed else replica)


def provide_replica(request: Request[Any, Any, Any], state: State) -> Database:
    """The database to read from, for handlers that only read: they know it as `database`."""
    return provide_read_database(request, state)


# For handlers that only read, and for routers of such handlers: their database is the replica.
ON_REPLICA = {"database": Provide(provide_replica, sync_to_thread=False)}


def provide_keyring(state: State) -> Keyring:
    return cast(Keyring, state.keyring)


def provide_signer(state: State) -> ReceiptSigner:
    return cast(ReceiptSigner, state.signer)


def provide_quarantine(state: State) -> bool:
    """Whether files must be scanned before anybody can open them."""
    return bool(state.settings.clamd)


def provide_person(request: Request[Any, Any, Any]) -> Person:
    """The signed-in person whom the route's guard has checked."""
    return cast(Person, request.scope["state"]["person"])


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
    """The key that a cursor holds; raises if the cursor is not one that we made."""
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
