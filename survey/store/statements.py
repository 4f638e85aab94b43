"""A statement of the store is declared: what comes back, what it is given, and its SQL.

    from survey.store import statements as sql

    @sql.many(PanelMember)
    def load_members(panel: str, *, on: datetime.date) -> sql.SQL:
        \"\"\"The members of a panel on a day, the chair first.\"\"\"
        return "SELECT ... WHERE panel = $1::uuid AND $2 BETWEEN term_from AND term_to"

It is called as `await load_members(connection, panel, on=day)` and gives a list[PanelMember]; mypy
holds both. Parameters are $1, $2 and so on in the order of the signature; a NamedTuple, such as
EditionKey, or a pair of days has a number for each of its parts. A statement that needs the fields
of a Struct names its parameters instead of numbering them; of several Structs it gets a list:

    @sql.execute
    def insert_kiosk(kiosk: Kiosk) -> sql.SQL:
        return "INSERT INTO kiosks (survey, token) VALUES ($kiosk.survey, $kiosk.token)"

    @sql.execute
    def delete_kiosks(kiosks: Sequence[Kiosk]) -> sql.SQL:
        return "DELETE FROM kiosks WHERE token = ANY($kiosks.token)"

The first word says what comes back:

    many(Kind)              list[Kind]: each row as a Struct
    first(Kind)             Kind | None: the first row
    only(Kind, refusal)     Kind: the first row
    many_by(read)           each row as a function reads it
    first_by(read)          the first row as a function reads it, or None
    only_by(read, refusal)  the first row as a function reads it
    value(int, refusal)     int: the first column of the first row
    value_or_none(int)      int | None: the same, or None if there is no row
    values(set[str])        a list, set or frozenset: the first column of each row
    pairs(dict[str, int])   a dict: the first column of each row leads to its second
    boolean                 bool: whether the first column of the first row is true
    require(refusal)        None: that column is true
    row_count               int: how many rows it inserted, changed or deleted
    execute                 None

The refusal is raised if there is no row, or if what is required is not true; it gets the parameters
that its sentences name, or that it takes if it is a function. `only` and `value` need no refusal
where there is a row in any case, as there is of a count. Above such a word, `unique(refusal)`
raises one if another row has a key that the statement would store.

What does more than pass its arguments on is a function of its own, with `load_structs` or a method
of the connection. Whatever leaves the store has names and types. A test lets PostgreSQL prepare
every declared statement (tests/survey/store/test_statements.py).
"""

import functools
import inspect
import operator
import re
import typing
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping
from typing import Concatenate, NamedTuple, ParamSpec, TypeAlias, TypeVar

import asyncpg
import msgspec

from survey.problems import Problem
from survey.store.database import Connection

P = ParamSpec("P")
Result = TypeVar("Result")
Noun = TypeVar("Noun", bound=msgspec.Struct)

SQL: TypeAlias = str
Statement: TypeAlias = Callable[Concatenate[Connection, P], Coroutine[object, object, Result]]
Declaration: TypeAlias = Callable[[Callable[P, SQL]], Statement[P, Result]]

NAMED = re.compile(r"\$([a-z_]\w*(?:\.\w+)*)")


class Query(NamedTuple):
    """A statement to run: its text, the values of its parameters, its connection, and what it was
    given by name.
    """

    connection: Connection
    sql: SQL
    values: list[object]
    given: Mapping[str, object]


def statement(answer: Callable[[Query], Awaitable[Result]]) -> Declaration[P, Result]:
    """A decorator: a call runs the SQL that the function returns; `answer` makes the result."""

    def declare(sql: Callable[P, SQL]) -> Statement[P, Result]:
        parameters = inspect.signature(sql).parameters
        defaults = {name: parameter.default for name, parameter in parameters.items()}
        tuples = {name for name in parameters if is_tuple(parameters[name].annotation)}

        @functools.wraps(sql)
        async def run(connection: Connection, /, *args: P.args, **named: P.kwargs) -> Result:
            text = sql(*args, **named)  # first, since it raises if an argument is missing
            given = defaults | dict(zip(defaults, args, strict=False)) | named
            return await answer(Query(connection, *with_numbers(text, given, tuples), given))

        return run

    return declare


def is_tuple(annotation: object) -> bool:
    """Whether a type is a NamedTuple or another tuple with a fixed number of parts."""
    is_plain = typing.get_origin(annotation) is tuple and ... not in typing.get_args(annotation)
    return is_plain or hasattr(annotation, "_fields")


def with_numbers(
    sql: SQL, given: Mapping[str, object], tuples: Collection[str]
) -> tuple[SQL, list[object]]:
    """A statement with numbers for its parameters, and their values in this order; each parameter
    in `tuples` gets several numbers.
    """
    text, names = numbered_names(sql)
    if names:
        return text, [find_field(given, name) for name in names]
    values: list[object] = []
    for name, value in given.items():
        values += value if name in tuples and isinstance(value, tuple) else [value]
    return text, values


@functools.lru_cache(maxsize=1000)
def numbered_names(sql: SQL) -> tuple[SQL, tuple[str, ...]]:
    """A statement with a number for each name in it, and the names in this order."""
    names = tuple(dict.fromkeys(NAMED.findall(sql)))
    return NAMED.sub(lambda name: f"${names.index(name[1]) + 1}", sql), names


def find_field(given: Mapping[str, object], name: str) -> object:
    """The value of a parameter, or of its field: `kiosk` or `kiosk.survey`; of a list, that field
    of each member.
    """
    parameter, _, field = name.partition(".")
    value = given[parameter]
    if not field:
        return value
    read = operator.attrgetter(field)
    if isinstance(value, list | tuple) and not hasattr(value, "_fields"):
        return [read(each) for each in value]
    return read(value)


def with_values(refusal: Callable[..., Problem], given: Mapping[str, object]) -> Problem:
    """The refusal, made with the parameters that its sentences name or its function takes."""
    names = getattr(refusal, "names", None)
    if names is None:
        names = inspect.signature(refusal).parameters
    return refusal(**{name: given[name] for name in names})


def unique(
    refusal: Callable[..., Problem],
) -> Callable[[Statement[P, Result]], Statement[P, Result]]:
    """Raise the refusal if another row has a key that the declared statement would store."""

    def declare(run: Statement[P, Result]) -> Statement[P, Result]:
        signature = inspect.signature(run)

        @functools.wraps(run)
        async def run_or_refuse(
            connection: Connection, /, *args: P.args, **named: P.kwargs
        ) -> Result:
            try:
                return await run(connection, *args, **named)
            except asyncpg.UniqueViolationError:
                given = signature.bind(*args, **named)
                given.apply_defaults()
                raise with_values(refusal, given.arguments) from None

        return run_or_refuse

    return declare


def many(kind: type[Noun]) -> Declaration[P, list[Noun]]:
    return many_by(lambda row: to_struct(row, kind))


def first(kind: type[Noun]) -> Declaration[P, Noun | None]:
    return first_by(lambda row: to_struct(row, kind))


def only(kind: type[Noun], refusal: Callable[..., Problem] | None = None) -> Declaration[P, Noun]:
    return only_by(lambda row: to_struct(row, kind), refusal)


def many_by(read: Callable[[asyncpg.Record], Result]) -> Declaration[P, list[Result]]:
    async def answer(query: Query) -> list[Result]:
        return [read(row) for row in await query.connection.fetch(query.sql, *query.values)]

    return statement(answer)


def first_by(read: Callable[[asyncpg.Record], Result]) -> Declaration[P, Result | None]:
    async def answer(query: Query) -> Result | None:
        row = await query.connection.fetchrow(query.sql, *query.values)
        return None if row is None else read(row)

    return statement(answer)


def only_by(
    read: Callable[[asyncpg.Record], Result], refusal: Callable[..., Problem] | None = None
) -> Declaration[P, Result]:
    async def answer(query: Query) -> Result:
        row = await query.connection.fetchrow(query.sql, *query.values)
        if row is None and refusal is not None:
            raise with_values(refusal, query.given)
        assert row is not None
        return read(row)

    return statement(answer)


def value(
    kind: type[Result], refusal: Callable[..., Problem] | None = None
) -> Declaration[P, Result]:
    async def answer(query: Query) -> Result:
        column = await fetch_value(query)
        if column is None and refusal is not None:
            raise with_values(refusal, query.given)
        return msgspec.convert(column, kind)

    return statement(answer)


def value_or_none(kind: type[Result]) -> Declaration[P, Result | None]:
    async def answer(query: Query) -> Result | None:
        column = await fetch_value(query)
        return None if column is None else msgspec.convert(column, kind)

    return statement(answer)


def values(kind: type[Result]) -> Declaration[P, Result]:
    async def answer(query: Query) -> Result:
        rows = await query.connection.fetch(query.sql, *query.values)
        return msgspec.convert([column for (column,) in rows], kind)

    return statement(answer)


def pairs(kind: type[Result]) -> Declaration[P, Result]:
    async def answer(query: Query) -> Result:
        rows = await query.connection.fetch(query.sql, *query.values)
        return msgspec.convert({key: column for key, column in rows}, kind)

    return statement(answer)


def boolean(sql: Callable[P, SQL]) -> Statement[P, bool]:
    async def answer(query: Query) -> bool:
        return bool(await fetch_value(query))

    return statement(answer)(sql)


def require(refusal: Callable[..., Problem]) -> Callable[[Callable[P, SQL]], Statement[P, None]]:
    async def answer(query: Query) -> None:
        if not await fetch_value(query):
            raise with_values(refusal, query.given)

    # Without a type that varies mypy takes a Declaration for one of no parameters.
    def declare(sql: Callable[P, SQL]) -> Statement[P, None]:
        return statement(answer)(sql)

    return declare


def row_count(sql: Callable[P, SQL]) -> Statement[P, int]:
    async def answer(query: Query) -> int:
        done = await query.connection.execute(query.sql, *query.values)
        return int(done.rpartition(" ")[2])

    return statement(answer)(sql)


def execute(sql: Callable[P, SQL]) -> Statement[P, None]:
    async def answer(query: Query) -> None:
        await query.connection.execute(query.sql, *query.values)

    return statement(answer)(sql)


async def fetch_value(query: Query) -> object:
    return await query.connection.fetchval(query.sql, *query.values)


async def load_structs(
    connection: Connection, kind: type[Noun], statement: str, *values: object
) -> list[Noun]:
    """The rows of a statement, each as a Struct with a field for every column that it needs."""
    return [to_struct(row, kind) for row in await connection.fetch(statement, *values)]


async def find_struct(
    connection: Connection, kind: type[Noun], statement: str, *values: object
) -> Noun | None:
    """The first row of a statement, or None."""
    row = await connection.fetchrow(statement, *values)
    return None if row is None else to_struct(row, kind)


def to_struct(row: asyncpg.Record, kind: type[Noun]) -> Noun:
    """A row as a Struct: what is stored as JSON becomes the types of the fields."""
    return msgspec.convert(dict(row), kind, str_keys=True)
