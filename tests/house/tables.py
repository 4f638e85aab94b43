"""The tables by area, drawn from the schema: `python -P -m tests.house.tables` writes their page.

Only keys are drawn: what a row is known by, and what it refers to. Nearly every table refers to
accounts and areas, so those two have no lines outside their own files; their keys name them.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from survey.store.database import SCHEMA
from tests.house.trees import ROOT

PAGE = ROOT / "docs/reference/tables.md"
EVERYWHERE = {"accounts", "areas"}

TABLE = re.compile(r"^CREATE TABLE (\w+) \((.*?)^\);", re.M | re.S)
COLUMN = re.compile(r"^    ([a-z_]\w*) (\w+(?:\[\])?)(.*)", re.M)
ADDED_COLUMN = re.compile(r"ALTER TABLE (\w+) ADD COLUMN (\w+) (\w+) REFERENCES (\w+)")
ADDED_KEY = re.compile(r"ALTER TABLE (\w+) ADD FOREIGN KEY \(([\w, ]+)\) REFERENCES (\w+)")
KEY = re.compile(r"^    PRIMARY KEY \(([\w, ]+)\)", re.M)
OUTER_KEY = re.compile(r"FOREIGN KEY \(([\w, ]+)\) REFERENCES (\w+)")
REFERENCE = re.compile(r"REFERENCES (\w+)")


class Table(NamedTuple):
    """A table with its keys; `references` are the columns by which it refers to each table."""

    name: str
    types: dict[str, str]
    key: list[str]
    references: dict[str, list[str]]


def tables_of(text: str) -> list[Table]:
    """The tables that a schema file makes, with the references that later files add to them."""
    tables = [read_table(name, body) for name, body in TABLE.findall(without_comments(text))]
    for name, columns, target in ADDED_KEY.findall(text):
        table = next(table for table in tables if table.name == name)
        add_reference(table, columns, target)
    for file in sorted(SCHEMA.glob("*.sql")):
        for name, column, kind, target in ADDED_COLUMN.findall(file.read_text()):
            for table in tables:
                if table.name == name:
                    table.types[column] = kind
                    add_reference(table, column, target)
    return tables


def without_comments(text: str) -> str:
    return re.sub(r" *--.*", "", text)


def read_table(name: str, body: str) -> Table:
    written = COLUMN.findall(joined(body))
    types = {column: kind for column, kind, _ in written}
    key = KEY.search(body)
    single = [column for column, _, rest in written if "PRIMARY KEY" in rest]
    table = Table(name, types, key[1].split(", ") if key else single, {})
    for column, _, rest in written:
        if target := REFERENCE.search(rest):
            add_reference(table, column, target[1])
    for columns, target in OUTER_KEY.findall(joined(body)):
        add_reference(table, columns, target)
    return table


def joined(body: str) -> str:
    """Each column and constraint on one line."""
    return re.sub(r"\n {5,}", " ", body)


def add_reference(table: Table, columns: str, target: str) -> None:
    known = table.references.setdefault(target, [])
    known.extend(column for column in columns.split(", ") if column not in known)


def page_text() -> str:
    return "\n".join(page_lines()) + "\n"


def page_lines() -> Iterator[str]:
    yield from ("---", "for: Programmers", "---", "# The tables, by area")
    yield ""
    yield (
        "Made from `survey/store/schema` by `python -P -m tests.house.tables`: the keys of each "
        "table, and what it refers to. The files say the rest, and why. Lines to `accounts` and "
        "`areas` are left out, since nearly every table has them: the keys name them."
    )
    for file in sorted(SCHEMA.glob("*.sql")):
        text = file.read_text()
        if tables := tables_of(text):
            yield from ("", f"## {file.stem.partition('_')[2].capitalize()}", "")
            yield f"`{file.relative_to(ROOT).as_posix()}`: {introduction(text)}"
            yield from ("", "```mermaid", "erDiagram", *diagram_lines(tables), "```")


def introduction(text: str) -> str:
    """The comment at the head of a schema file, as one line."""
    head = text.partition("\n\n")[0]
    return " ".join(line.removeprefix("-- ") for line in head.splitlines())


def diagram_lines(tables: list[Table]) -> Iterator[str]:
    here = {table.name for table in tables}
    for table in tables:
        yield f"    {table.name} {{"
        yield from key_lines(table)
        yield "    }"
    for table in tables:
        for target, columns in table.references.items():
            if target in here or target not in EVERYWHERE:
                yield f'    {target} ||--o{{ {table.name} : "{", ".join(columns)}"'


def key_lines(table: Table) -> Iterator[str]:
    """The columns that are part of a key, with the kind of key and what they refer to."""
    for column, kind in table.types.items():
        targets = [name for name, columns in table.references.items() if column in columns]
        keys = ["PK"] * (column in table.key) + ["FK"] * bool(targets)
        if keys:
            told = f' "{", ".join(targets)}"' if targets else ""
            yield f"        {kind} {column} {', '.join(keys)}{told}"


if __name__ == "__main__":
    PAGE.write_text(page_text())
