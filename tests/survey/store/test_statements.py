"""Declared statements: what each word gives and refuses, and that PostgreSQL knows every one."""

import ast
import datetime
import importlib
import inspect
import re
import types
import typing
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import asyncpg
import msgspec
import pytest

from survey.problems import Conflict, NotFound
from survey.store import statements
from survey.store.statements import (
    SQL,
    boolean,
    execute,
    first,
    first_by,
    is_tuple,
    many,
    many_by,
    numbered_names,
    only,
    only_by,
    pairs,
    require,
    row_count,
    unique,
    value,
    value_or_none,
    values,
)
from tests.house.trees import ROOT, tree_of

STORE = ROOT / "survey" / "store"
WORDS = {*re.findall(r"^    (\w+)(?:\(.+\))?  +\S.*$", statements.__doc__, re.MULTILINE)}
ROWS_OF_STRUCTS = {"many", "first", "only"}
COLUMNS = {"value": 1, "value_or_none": 1, "values": 1, "pairs": 2, "boolean": 1, "require": 1}
"""How many columns a word reads by their place."""


class Shape(msgspec.Struct, frozen=True):
    name: str
    corners: int


class Corner(NamedTuple):
    shape: str
    number: int


SHAPES = "(VALUES ('triangle', 3), ('square', 4)) AS shapes (name, corners)"


def no_shape():
    return NotFound("shape.unknown", "There is no such shape.", "Look at the list.")


@many(Shape)
def load_shapes(least: int = 0, *, most: int = 9) -> SQL:
    """The shapes with at least and at most so many corners."""
    return f"SELECT * FROM {SHAPES} WHERE corners BETWEEN $1 AND $2 ORDER BY corners"


@first(Shape)
def find_shape(name: str) -> SQL:
    return f"SELECT * FROM {SHAPES} WHERE name = $1"


@only(Shape, no_shape)
def get_shape(name: str) -> SQL:
    return f"SELECT * FROM {SHAPES} WHERE name = $1"


@only(Shape)
def get_largest(least: int) -> SQL:
    return f"SELECT * FROM {SHAPES} WHERE corners > $1 ORDER BY corners DESC"


async def test_rows_are_structs(db):
    connection = db.the_connection
    assert await load_shapes(connection) == [Shape("triangle", 3), Shape("square", 4)]
    assert await find_shape(connection, "square") == Shape("square", 4)
    assert await find_shape(connection, "circle") is None
    assert await get_largest(connection, 0) == Shape("square", 4)


async def test_a_row_that_must_be_there_is_refused_or_a_mistake_of_ours(db):
    assert await get_shape(db.the_connection, "square") == Shape("square", 4)
    with pytest.raises(NotFound, match="no such shape"):
        await get_shape(db.the_connection, "circle")
    with pytest.raises(AssertionError):
        await get_largest(db.the_connection, 9)


@pytest.mark.parametrize(
    ("args", "named", "corners"),
    [((), {}, [3, 4]), ((4,), {}, [4]), ((), {"most": 3}, [3]), ((3,), {"most": 4}, [3, 4]),
     ((), {"most": 4, "least": 4}, [4])],
)  # fmt: skip
async def test_parameters_are_numbered_in_the_order_of_the_signature(db, args, named, corners):
    found = await load_shapes(db.the_connection, *args, **named)
    assert [shape.corners for shape in found] == corners


@pytest.mark.parametrize(("args", "named"), [((), {}), (("a", "b"), {}), (("a",), {"other": 1})])
async def test_a_call_that_the_signature_does_not_allow_fails_before_it_is_asked(db, args, named):
    with pytest.raises(TypeError, match="find_shape"):
        await find_shape(db.the_connection, *args, **named)


@value(str)
def describe_corner(corner: Corner, colour: str) -> SQL:
    return "SELECT $1 || $2::int || $3"


async def test_a_named_tuple_has_a_number_for_each_of_its_parts(db):
    assert await describe_corner(db.the_connection, Corner("square", 2), "red") == "square2red"
    assert await describe_corner(db.the_connection, ("square", 2), colour="red") == "square2red"


class Side(msgspec.Struct, frozen=True):
    """A side of a shape, which it names by its corners."""

    corner: Corner
    length: float


@value(str)
def describe_side(side: Side, *, colour: str = "red") -> SQL:
    return "SELECT $side.length::float || $colour || $side.corner.shape || $colour"


async def test_parameters_that_have_names_are_found_by_them_and_their_fields(db):
    side = Side(Corner("square", 2), 1.5)
    assert await describe_side(db.the_connection, side) == "1.5redsquarered"
    assert await describe_side(db.the_connection, side, colour="blue") == "1.5bluesquareblue"


@values(list[str])
def load_sides(sides: Sequence[Side]) -> SQL:
    return """
        SELECT concat_ws(' ', shape, length)
          FROM unnest($sides.corner.shape::text[], $sides.length::float[]) AS one (shape, length)
        """


async def test_of_several_structs_a_statement_gets_the_list_of_a_field(db):
    sides = [Side(Corner("square", 2), 1.5), Side(Corner("triangle", 1), 2)]
    assert await load_sides(db.the_connection, sides) == ["square 1.5", "triangle 2"]
    assert await load_sides(db.the_connection, ()) == []


@boolean
def is_between(pair: tuple[int, int], number: int) -> SQL:
    return "SELECT $3::int BETWEEN $1 AND $2"


async def test_a_pair_has_two_numbers(db):
    assert await is_between(db.the_connection, (1, 3), 2) is True
    assert await is_between(db.the_connection, (3, 4), 2) is False


def test_names_become_numbers_in_the_order_of_the_statement():
    assert numbered_names("SELECT $b, $a.c, $b::text, 'a$', $$, '$[*].theme'") == (
        "SELECT $1, $2, $1::text, 'a$', $$, '$[*].theme'",
        ("b", "a.c"),
    )


def shape_name(row):
    return row["name"]


@many_by(shape_name)
def load_in_order(least: int) -> SQL:
    return f"SELECT name FROM {SHAPES} WHERE corners >= $1 ORDER BY corners"


@first_by(lambda row: Corner(*row))
def find_corner(least: int) -> SQL:
    return f"SELECT name, corners FROM {SHAPES} WHERE corners >= $1 ORDER BY corners"


@only_by(shape_name, no_shape)
def get_name(least: int) -> SQL:
    return f"SELECT name FROM {SHAPES} WHERE corners >= $1"


async def test_a_function_may_read_the_rows(db):
    assert await load_in_order(db.the_connection, 3) == ["triangle", "square"]
    assert await find_corner(db.the_connection, 4) == Corner("square", 4)
    assert await find_corner(db.the_connection, 5) is None
    assert await get_name(db.the_connection, 4) == "square"
    with pytest.raises(NotFound, match="no such shape"):
        await get_name(db.the_connection, 5)


@value_or_none(datetime.date)
def find_day(day: datetime.date | None) -> SQL:
    return "SELECT $1::date"


@values(frozenset[str])
def load_names() -> SQL:
    return f"SELECT name FROM {SHAPES}"


@pairs(dict[str, int])
def load_corners() -> SQL:
    return f"SELECT name, corners FROM {SHAPES}"


async def test_columns_are_values_collections_and_pairs(db):
    day = datetime.date(2026, 12, 1)
    assert await find_day(db.the_connection, day) == day
    assert await find_day(db.the_connection, None) is None
    assert await load_names(db.the_connection) == {"triangle", "square"}
    assert await load_corners(db.the_connection) == {"triangle": 3, "square": 4}


@value(int)
def load_name_as_number() -> SQL:
    return "SELECT 'three'"


async def test_a_value_of_another_type_is_no_result(db):
    with pytest.raises(msgspec.ValidationError, match="Expected `int`, got `str`"):
        await load_name_as_number(db.the_connection)


@boolean
def has_corners(least: int) -> SQL:
    return f"SELECT true FROM {SHAPES} WHERE corners >= $1"


@require(no_shape)
def require_corners(least: int) -> SQL:
    return f"SELECT true FROM {SHAPES} WHERE corners >= $1"


async def test_what_is_true_is_told_or_required(db):
    assert await has_corners(db.the_connection, 4) is True
    assert await has_corners(db.the_connection, 5) is False
    assert await require_corners(db.the_connection, 4) is None
    with pytest.raises(NotFound, match="no such shape"):
        await require_corners(db.the_connection, 5)


@execute
def save_name(name: str) -> SQL:
    """Save what the shape is called."""
    return "SELECT set_config('soundings.shape', $1, true)"


async def test_an_act_gives_nothing_back_and_keeps_its_name_and_its_docstring(db):
    assert await save_name(db.the_connection, "square") is None
    said = await db.the_connection.fetchval("SELECT current_setting('soundings.shape')")
    assert said == "square"
    assert (save_name.__name__, save_name.__doc__) == (
        "save_name",
        "Save what the shape is called.",
    )


no_such_corner = NotFound.of("corner.unknown", "The {shape} has no corner {number}.")
existing_corner = Conflict.of("corner.exists", "The {shape} has a corner {number} already.")


@value(str, no_such_corner)
def get_corner(shape: str, number: int = 9) -> SQL:
    return f"SELECT name FROM {SHAPES} WHERE name = $1 AND $2 <= corners"


def unknown_shape(shape):
    return NotFound("shape.unknown", f"There is no {shape[:6]}.", "Look at the list.")


@require(unknown_shape)
def require_shape(number: int, shape: str) -> SQL:
    return f"SELECT true FROM {SHAPES} WHERE corners = $1 AND name = $2"


@unique(existing_corner)
@row_count
def insert_corner(shape: str, *, number: int = 1) -> SQL:
    """Store a corner."""
    return "INSERT INTO pg_temp.corners VALUES ($1, $2), ($1, $2 + 1)"


async def test_a_refusal_names_the_parameters_that_its_sentences_ask_for(db):
    assert await get_corner(db.the_connection, "square", 4) == "square"
    with pytest.raises(NotFound, match="The square has no corner 9"):
        await get_corner(db.the_connection, "square")
    await require_shape(db.the_connection, 4, "square")
    with pytest.raises(NotFound, match="There is no hexago"):
        await require_shape(db.the_connection, 4, "hexagon")


async def test_rows_are_counted_and_a_key_that_is_there_is_refused(db):
    await db.the_connection.execute(
        "CREATE TEMPORARY TABLE corners (shape text, number int, PRIMARY KEY (shape, number))"
    )
    assert insert_corner.__doc__ == "Store a corner."
    assert await insert_corner(db.the_connection, "square", number=2) == 2
    with pytest.raises(Conflict, match="The square has a corner 1 already"):
        async with db.the_connection.transaction():
            await insert_corner(db.the_connection, "square")
    assert await insert_corner(db.the_connection, "square", number=4) == 2


class Declared(NamedTuple):
    """A statement of the store: the word that declares it, what that is given, and its SQL."""

    place: str
    word: str
    given: list
    sql: typing.Callable


def declared_statements():
    for file in sorted(STORE.rglob("*.py")):
        place = ".".join(file.relative_to(ROOT).with_suffix("").parts)
        for node in tree_of(file).body:
            if isinstance(node, ast.FunctionDef) and node.decorator_list:
                call = node.decorator_list[-1]
                word = ast.unparse(call.func if isinstance(call, ast.Call) else call)
                word = word.removeprefix("sql.")
                if word in WORDS:
                    module = importlib.import_module(place.removesuffix(".__init__"))
                    given = [
                        eval(ast.unparse(one), vars(module)) for one in getattr(call, "args", ())
                    ]
                    sql = inspect.unwrap(getattr(module, node.name))
                    yield Declared(f"{place}.{node.name}", word, given, sql)


TYPES = {
    str: {"text", "uuid", "bpchar", "varchar"},
    bool: {"bool"},
    int: {"int2", "int4", "int8"},
    float: {"float4", "float8"},
    bytes: {"bytea"},
    datetime.date: {"date"},
    datetime.datetime: {"timestamptz"},
    datetime.timedelta: {"interval"},
    UUID: {"uuid"},
}


def text_of(declared):
    """The SQL of a declared statement, whose text does not depend on its arguments."""
    return declared.sql(**dict.fromkeys(inspect.signature(declared.sql).parameters))


def parameter_types(declared):
    """The type of each parameter of a statement, in the order of its numbers."""
    given = {
        name: parameter.annotation
        for name, parameter in inspect.signature(declared.sql).parameters.items()
    }
    if names := numbered_names(text_of(declared))[1]:
        assert {name.partition(".")[0] for name in names} == {*given}, declared.place
        return [field_type(given, name) for name in names]
    return [
        kind
        for annotation in given.values()
        for kind in (
            typing.get_type_hints(annotation).values()
            if hasattr(annotation, "_fields")
            else typing.get_args(annotation)
            if is_tuple(annotation)
            else [annotation]
        )
    ]


def field_type(given, name):
    """The type of `which.start`: that of a field of a parameter, or of each that it lists."""
    first, *fields = name.split(".")
    kind = given[first]
    is_list = fields and typing.get_origin(kind) in (list, Sequence)
    if is_list:
        [kind] = typing.get_args(kind)
    for field in fields:
        kind = typing.get_type_hints(kind)[field]
    return list[kind] if is_list else kind


# What asyncpg gives for a column; msgspec makes a float of a whole number.
COLUMN_TYPES = TYPES | {
    str: TYPES[str] - {"uuid"},
    float: TYPES[float] | TYPES[int],
}


def fits(annotation, name, known=TYPES):
    """Whether a value of this annotation goes with PostgreSQL's type of this name."""
    if name == "jsonb":
        return True
    if typing.get_origin(annotation) in (types.UnionType, typing.Union):
        kinds = [one for one in typing.get_args(annotation) if one is not type(None)]
        return any(fits(one, name, known) for one in kinds)
    if name.endswith("[]"):
        return typing.get_origin(annotation) is not None and all(
            fits(one, name[:-2], known) for one in typing.get_args(annotation) if one is not ...
        )
    if typing.get_origin(annotation) is typing.Literal:
        return name in known[str]
    return name in known.get(annotation, ())


def column_types(declared, gives):
    """The type that a declaration has for each column that it reads."""
    if declared.word in ROWS_OF_STRUCTS:
        fields = msgspec.structs.fields(declared.given[0])
        return {
            field.encode_name: field.type
            for field in fields
            if field.required or field.encode_name in gives
        }
    if declared.word in {"value", "value_or_none"}:
        return dict(zip(gives, declared.given[:1], strict=True))
    if declared.word in {"values", "pairs"}:
        kinds = [one for one in typing.get_args(declared.given[0]) if one is not ...]
        return dict(zip(gives, kinds, strict=True))
    return {}


def misfits(declared, prepared):
    """What PostgreSQL says of a statement that its declaration does not."""
    takes = [one.name for one in prepared.get_parameters()]
    columns = prepared.get_attributes()
    gives = {column.name: column.type.name for column in columns}
    wants = list(parameter_types(declared))
    if len(takes) != len(wants):
        return f"takes {takes}, not {wants}"
    if wrong := [(a, b) for a, b in zip(wants, takes, strict=True) if not fits(a, b)]:
        return f"parameters of other types: {wrong}"
    if len(columns) != COLUMNS.get(declared.word, len(columns)):
        return f"gives {[*gives]}"
    reads = column_types(declared, gives)
    if missing := reads.keys() - gives.keys():
        return f"gives no {missing}"
    if other := [name for name in reads if not fits(reads[name], gives[name], COLUMN_TYPES)]:
        return f"columns of other types: {[(name, gives[name], reads[name]) for name in other]}"
    return ""


async def misfit(db, declared):
    """What PostgreSQL says of a statement that its declaration does not; '' if they agree."""
    text, _ = numbered_names(text_of(declared))
    # What has no parameters may be several commands, which are prepared one by one.
    commands = text.split(";") if declared.word == "execute" and "$" not in text else [text]
    try:
        async with db.the_connection.transaction():
            for command in commands:
                prepared = await db.the_connection.prepare(command)
    except asyncpg.PostgresError as refused:
        return str(refused)
    return misfits(declared, prepared)


async def test_postgresql_knows_every_declared_statement(db):
    """Its parameters by number and type, the columns of its Structs, and its tables."""
    declared = list(declared_statements())
    found = {one.place: wrong for one in declared if (wrong := await misfit(db, one))}
    assert found == {}
    assert len(declared) > 400


class NamedCorners(msgspec.Struct):
    corners: str


@many(Shape)
def load_without_corners(name: str) -> SQL:
    return f"SELECT name FROM {SHAPES} WHERE name = $1"


@value(int)
def count_swapped(corners: int, name: str) -> SQL:
    return f"SELECT count(*) FROM {SHAPES} WHERE name = $1 AND corners = $2"


@boolean
def has_two_columns(name: str) -> SQL:
    return f"SELECT * FROM {SHAPES} WHERE name = $1"


@boolean
def has_too_few_numbers(name: str, corners: int) -> SQL:
    return f"SELECT true FROM {SHAPES} WHERE name = $1"


@pytest.mark.parametrize(
    ("word", "given", "declared", "told"),
    [
        ("many", [Shape], load_without_corners, "gives no {'corners'}"),
        ("value", [int], count_swapped, "parameters of other types"),
        ("boolean", [], has_two_columns, "gives ['name', 'corners']"),
        ("boolean", [], has_too_few_numbers, "takes ['text'], not "),
        ("values", [list[int]], load_names, "columns of other types"),
        ("many", [NamedCorners], load_shapes, "columns of other types"),
    ],
)
async def test_a_statement_that_differs_from_its_declaration_is_found(
    db, word, given, declared, told
):
    sql = declared.__wrapped__
    assert (await misfit(db, Declared("here", word, given, sql))).startswith(told)
