"""Dependencies that handlers ask for by parameter name, and types of common parameters."""

from typing import Annotated, Any, cast

from litestar import Request
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter

from api.security.keyring import Keyring
from api.security.people import Person
from survey.store.database import Database

FromDatabase = NamedDependency[Database]
FromPerson = NamedDependency[Person]
FromKeyring = NamedDependency[Keyring]
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


def provide_keyring(state: State) -> Keyring:
    return cast(Keyring, state.keyring)


def provide_quarantine(state: State) -> bool:
    """Whether files must be scanned before anybody can open them."""
    return bool(state.settings.clamd)


def provide_person(request: Request[Any, Any, Any]) -> Person:
    """The signed-in person whom the route's guard has checked."""
    return cast(Person, request.scope["state"]["person"])
