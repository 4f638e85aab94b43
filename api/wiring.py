"""What a handler may ask for by name."""

from typing import Annotated, Any, cast

from litestar import Request
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter

from api.keys import Keyring
from api.people import Person
from survey.store.database import Database

FromDatabase = NamedDependency[Database]
FromPerson = NamedDependency[Person]
FromKeyring = NamedDependency[Keyring]
FromQuarantine = NamedDependency[bool]

Slug = Annotated[str, PathParameter(pattern=r"^[a-z0-9][a-z0-9-]{1,59}$", examples=[])]
Reference = Annotated[str, PathParameter(pattern=r"^[A-Z2-9]{4}-[A-Z2-9]{4}$")]
Cursor = Annotated[
    str | None,
    QueryParameter(
        max_length=400, required=False, description="`next` of the page before; absent at first"
    ),
]
Limit = Annotated[int, QueryParameter(ge=1, le=200, description="how many on a page")]


def database_of(state: State) -> Database:
    return cast(Database, state.database)


def keyring_of(state: State) -> Keyring:
    return cast(Keyring, state.keyring)


def quarantine_of(state: State) -> bool:
    """Whether files wait for a scanner before anybody gets them."""
    return bool(state.settings.clamd)


def person_of(request: Request[Any, Any, Any]) -> Person:
    """The person whom the route's guard let pass."""
    return cast(Person, request.scope["state"]["person"])
