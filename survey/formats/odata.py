"""OData 4.0, as far as Excel and Power BI need it: metadata, and the filters that they send.

http://docs.oasis-open.org/odata/odata/v4.0/
"""

import datetime
import re
from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec
from lxml import etree

from survey.formats.dictionary import VariableType
from survey.problems import Invalid, NotFound

EDM = "http://docs.oasis-open.org/odata/ns/edm"
EDMX = "http://docs.oasis-open.org/odata/ns/edmx"
SPACE = "Soundings"
EDM_TYPES: dict[VariableType, str] = {
    "text": "Edm.String",
    "whole": "Edm.Int64",
    "number": "Edm.Double",
    "day": "Edm.Date",
}
Operator = Literal["eq", "ne", "gt", "ge", "lt", "le"]
COMPARISON = re.compile(
    r"([A-Za-z_]\w*)\s+(eq|ne|gt|ge|lt|le)\s+('(?:[^']|'')*'|\d{4}-\d\d-\d\d|-?\d{1,9})\s*"
)
AND = re.compile(r"and\s+")


class Property(msgspec.Struct, frozen=True):
    """A property of an entity: its name, its type and its words."""

    name: str
    type: VariableType
    label: str


class EntitySet(msgspec.Struct, frozen=True):
    """A table of a feed, with the properties that identify a row."""

    name: str
    key: tuple[str, ...]
    properties: tuple[Property, ...]


class Comparison(msgspec.Struct, frozen=True):
    """One condition of a filter, such as day ge 2026-11-01."""

    name: str
    operator: Operator
    value: str | int | datetime.date


def render_metadata(sets: Sequence[EntitySet]) -> bytes:
    """The document at $metadata: every entity set with its properties (CSDL in XML)."""
    root = etree.Element(f"{{{EDMX}}}Edmx", nsmap={"edmx": EDMX}, Version="4.0")
    services = etree.SubElement(root, f"{{{EDMX}}}DataServices")
    schema = etree.SubElement(services, f"{{{EDM}}}Schema", nsmap={None: EDM}, Namespace=SPACE)
    for entity_set in sets:
        kind = etree.SubElement(schema, f"{{{EDM}}}EntityType", Name=f"{entity_set.name}Row")
        key = etree.SubElement(kind, f"{{{EDM}}}Key")
        for name in entity_set.key:
            etree.SubElement(key, f"{{{EDM}}}PropertyRef", Name=name)
        for each in entity_set.properties:
            nullable = "false" if each.name in entity_set.key else "true"
            column = etree.SubElement(
                kind, f"{{{EDM}}}Property",
                Name=each.name, Type=EDM_TYPES[each.type], Nullable=nullable,
            )  # fmt: skip
            etree.SubElement(
                column, f"{{{EDM}}}Annotation",
                Term="Org.OData.Core.V1.Description", String=plain_text(each.label),
            )  # fmt: skip
    container = etree.SubElement(schema, f"{{{EDM}}}EntityContainer", Name="Answers")
    for entity_set in sets:
        etree.SubElement(
            container,
            f"{{{EDM}}}EntitySet",
            Name=entity_set.name,
            EntityType=f"{SPACE}.{entity_set.name}Row",
        )
    content: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return content


def plain_text(text: str) -> str:
    """The text with each character that XML cannot hold replaced."""
    return re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]", "\ufffd", text)


def parse_filter(text: str) -> list[Comparison]:
    """The comparisons that a filter joins by `and`; raises if the filter has anything else."""
    # Brackets around what `and` joins change nothing, and Power BI sets them.
    return [*comparisons(text if "'" in text else text.replace("(", " ").replace(")", " "))]


def comparisons(text: str) -> Iterator[Comparison]:
    rest = text.strip()
    while rest:
        bare = rest.lstrip("( ")
        match = COMPARISON.match(bare)
        if match is None:
            raise unsupported_filter()
        name, operator, literal = match.groups()
        yield Comparison(name, operator, literal_value(literal))  # type: ignore[arg-type]
        rest = bare[match.end() :].lstrip(") ")
        if rest:
            joined = AND.match(rest)
            if joined is None or joined.end() == len(rest):
                raise unsupported_filter()
            rest = rest[joined.end() :]


def literal_value(literal: str) -> str | int | datetime.date:
    if literal.startswith("'"):
        return literal[1:-1].replace("''", "'")
    if re.fullmatch(r"-?\d{1,9}", literal):
        return int(literal)
    try:
        return datetime.date.fromisoformat(literal)
    except ValueError:
        raise unsupported_filter() from None


unsupported_filter = Invalid.of(
    "odata.filter",
    "This filter is not one that the feed understands.",
    "Compare area, borough, language, mode, version, day or week by eq, ne, gt, ge, lt or le, "
    "joined by and; filter by answers after loading.",
)


def unknown_set(name: str) -> NotFound:
    return NotFound(
        "odata.unknown",
        f"The feed has no entity set {name[:60]!r}.",
        "The service document lists what there is.",
    )


def unsupported_option(name: str) -> Invalid:
    return Invalid(
        "odata.option",
        f"The feed does not understand {name[:60]} as it was sent.",
        "Use $filter, $select, $top, $skip, $count and $orderby=id, and follow @odata.nextLink.",
    )
