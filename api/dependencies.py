"""Dependencies that handlers ask for by parameter name, and types of common parameters."""

from typing import Annotated, Any, cast

from litestar import Request
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.params import PathParameter, QueryParameter

from api.security.keyring import Keyring, ReceiptSigner
from api.security.people import Person
from api.security.requests import ON_PRIMARY
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


def provide_database(state: State) -> Database:
    return cast(Database, state.database)


def provide_read_database(request: Request[Any, Any, Any], state: State) -> Database:
    """The database for what is only read: its replica, if there is one and it did not just fail."""
    replica = getattr(state, "read_database", None)
    failed = request.scope["state"].get(ON_PRIMARY)
    return cast(Database, state.database if replica is None or failed else replica)


def provide_replica(request: Request[Any, Any, Any], state: State) -> Database:
    """The same under the usual name, for handlers that need no other."""
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
