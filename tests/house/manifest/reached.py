"""What the outside can reach today, read from the registries of the product itself."""

import ast
import functools
import typing
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import click
import msgspec
from babel.messages.pofile import read_po
from litestar import Litestar

from analysis.editions.gate import CHAPTERS
from analysis.measures import load_measures
from api.__main__ import COMMANDS, main
from api.editions.rows import HEAD
from api.jobs.kinds import job_kinds
from api.operations.exports import FORMATS
from api.security.people import SignedIn
from api.settings import OtherVariables, Settings, setting_names
from survey import problems
from survey.editions import Edition
from survey.formats.readers import JSON_READERS, READERS
from survey.sources.formats import FORMATS as SOURCES
from survey.store.accounts.people import ROLES
from survey.store.accounts.programs import Scope
from survey.surveys.item_types import ITEM_TYPES
from tests.house.manifest import Manifest
from tests.house.trees import ROOT, nodes_of

ROOMS = ("api", "survey", "analysis", "demo")
TRANSLATIONS = ROOT / "api" / "translations"
REFUSALS = {
    name
    for name, kind in vars(problems).items()
    if isinstance(kind, type) and issubclass(kind, problems.Problem)
}


async def reached(app: Litestar, connection: asyncpg.Connection) -> Manifest:
    """Everything, by kind."""
    return {
        "routes": set(routes(app)),
        "commands": set(commands()),
        "settings": set(settings()),
        "item_types": set(item_types()),
        "chapters": set(chapters()),
        "measures": {*load_measures()},
        "columns_of_exports": {*HEAD},
        "formats": set(formats()),
        "jobs": {*job_kinds()},
        "roles": set(roles(app)),
        "refusals": set(refusals()),
        "messages": set(messages()),
        "tables": {line async for line in tables(connection)},
    }


def routes(app: Litestar) -> Iterator[str]:
    """Each address with its method."""
    for route in app.routes:
        for method in getattr(route, "methods", ["mounted"]):
            if method not in {"HEAD", "OPTIONS"}:
                yield f"{method} {route.path}"


def commands() -> Iterator[str]:
    """Each command with its options and arguments, and the default of each."""
    context = click.Context(main)
    for name in COMMANDS:
        yield from command_lines(name, main.get_command(context, name))


def command_lines(name: str, command: click.Command) -> Iterator[str]:
    yield name
    for parameter in command.params:
        written = ", ".join((*parameter.opts, *parameter.secondary_opts))
        yield f"{name} {written} ({parameter.param_type_name}, {parameter.type.name})"
    if isinstance(command, click.Group):
        for below, one in command.commands.items():
            yield from command_lines(f"{name} {below}", one)


def settings() -> Iterator[str]:
    """Each environment variable, with its default where it has one."""
    yield from setting_names(OtherVariables)
    for field in msgspec.structs.fields(Settings):
        default = field.default
        is_folder = isinstance(default, Path)
        shown = default.relative_to(ROOT) if is_folder else repr(default)
        yield f"SOUNDINGS_{field.name.upper()} = {shown}"


def item_types() -> Iterator[str]:
    """Each type of question with the fields that its JSON has."""
    for kind in ITEM_TYPES:
        tag = msgspec.inspect.type_info(kind).tag
        yield from (f"{tag}.{field.encode_name}" for field in msgspec.structs.fields(kind))


def chapters() -> Iterator[str]:
    """Each field of an edition at every depth, and all that its tables have, after the chapter that
    it belongs to.
    """
    kinds = typing.get_type_hints(Edition)
    names = {field.name: field.encode_name for field in msgspec.structs.fields(Edition)}
    for chapter in CHAPTERS:
        for field in chapter.gates:
            paths = figure_paths(names[field], kinds[field])
            yield from (f"{chapter.name}: {path}" for path in paths)
        for rules in chapter.tables:
            for part in ("facts", "counts", "figures"):
                for name in getattr(rules, part):
                    yield f"{chapter.name}: table {rules.kind}, {part}: {name}"


def figure_paths(path: str, kind: object) -> Iterator[str]:
    """The field, and the fields of each Struct that is in it."""
    below = [one for one in structs_of(kind)]
    if not below:
        yield path
    for struct in below:
        for field in msgspec.structs.fields(struct):
            yield from figure_paths(f"{path}.{field.encode_name}", field.type)


def structs_of(kind: object) -> Iterator[type[msgspec.Struct]]:
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        yield kind
    for part in typing.get_args(kind):
        yield from structs_of(part)


def formats() -> Iterator[str]:
    """Every format of files, and which way it goes."""
    yield from (f"answers out: {name} (.{one.ending})" for name, one in FORMATS.items())
    yield from (f"survey in: {ending}" for ending in READERS)
    yield from (f"survey in: .json with {' '.join(sorted(marks))}" for marks, _ in JSON_READERS)
    yield from (f"figures in: {one.label} ({one.kind}, {one.origin})" for one in SOURCES)


def roles(app: Litestar) -> Iterator[str]:
    """Roles, scopes of keys, and which roles open which pages; administrators open all."""
    yield from (f"role {name}" for name in ROLES)
    yield from (f"scope {name}" for name in typing.get_args(Scope))
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            methods = " ".join(sorted(handler.http_methods - {"HEAD", "OPTIONS"}))
            for guard in handler.resolve_guards():
                if isinstance(guard, SignedIn) and methods:
                    yield f"{methods} {route.path} for {', '.join(sorted(guard.roles))}"


@functools.cache
def refusals() -> tuple[str, ...]:
    """The stable code of each refusal, with the kind that gives its HTTP status."""
    files = (file for room in ROOMS for file in sorted((ROOT / room).rglob("*.py")))
    return tuple(
        f"{code} ({kind})"
        for file in files
        for node in nodes_of(file)
        if isinstance(node, ast.Call) and (kind := refusal_kind(node.func))
        if (code := constant_text(node.args[0] if node.args else None)) and "." in code
    )


def refusal_kind(called: ast.expr) -> str:
    """`NotFound` of `NotFound(...)`, `problems.NotFound(...)` and `NotFound.of(...)`."""
    names = {*ast.unparse(called).split(".")} if not isinstance(called, ast.Call) else set()
    return next(iter(names & REFUSALS), "")


def constant_text(node: ast.expr | None) -> str:
    """A constant, or an f-string with `*` for its values."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=values):
            return "".join(constant_text(part) or "*" for part in values)
    return ""


def messages() -> Iterator[str]:
    """The id of each message that is translated."""
    for file in sorted(TRANSLATIONS.glob("*.pot")):
        with file.open("rb") as opened:
            for message in read_po(opened):
                ids = message.id if isinstance(message.id, tuple) else (message.id,)
                yield from (f"{file.stem}: {text!r}" for text in ids if text)


async def tables(connection: asyncpg.Connection) -> typing.AsyncIterator[str]:
    """Each column of each table, with its type."""
    rows = await connection.fetch(
        """
        SELECT c.relname AS name, a.attname AS column, format_type(a.atttypid, a.atttypmod) AS type
          FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
          JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
           AND a.attnum > 0 AND NOT a.attisdropped
        """
    )
    for row in rows:
        yield f"{row['name']}.{row['column']} {row['type']}"
