"""Reads editions as they are stored, also from before a chapter became tables of figures."""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from survey.editions import SafeEdition

Fields = dict[str, Any]  # what JSON or MessagePack have of a Struct


def edition_from_json(body: bytes) -> SafeEdition:
    return msgspec.convert(with_tables(msgspec.json.decode(body)), SafeEdition)


def inputs_with_tables(inputs: Fields) -> Fields:
    """The fields of an edition's stored inputs, with tables in the earlier editions among them.

    Inputs stored before December 2026 call `areas` boroughs; that field is renamed.
    """
    inputs = {"areas" if name == "boroughs" else name: field for name, field in inputs.items()}
    for holder in (inputs, inputs.get("compared") or {}):
        for name, change in (("last", with_tables), ("then", inputs_with_tables)):
            if holder.get(name):
                holder[name] = change(holder[name])
    return inputs | {"earlier": [*map(with_tables, inputs.get("earlier", ()))]}


def with_tables(edition: Fields) -> Fields:
    """The fields of an edition, with tables made from the rows that an earlier version stored."""
    made = [
        table
        for field, tables in TABLES_OF_ROWS.items()
        for row in edition.get(field, ())
        for table in tables(row, edition)
    ]
    return edition | {"tables": [*edition.get("tables", ()), *made]}


def demand_tables(row: Fields, _: Fields) -> Iterator[Fields]:
    accuracy = row["accuracy"]
    shares = [("accuracy", "", accuracy, "value low high")] if accuracy else []
    for share in row["shares"]:
        shares.append(("share", share["stance"], share, "share low high"))
    for share in row["shares"] if row["voices"] is not None else ():
        shares.append(("once", share["stance"], share, "once_share once_low once_high"))
    yield {
        "kind": "demands",
        "key": [row["demand"], row["stream"]],
        "domain": row["domain"],
        "first": row["since"],
        "last": row["until"],
        "facts": [
            ["sentence", row["sentence"]],
            ["labels", row["labels"]],
            ["read", accuracy["n"] if accuracy else 0],
        ],
        "missing": row["missing"],
        "counts": counts_of(row, "texts voices own"),
        "figures": [figure_of(*share) for share in shares],
    }


def encounter_tables(row: Fields, edition: Fields) -> Iterator[Fields]:
    response, ends = row["response"], dict(row["response"]["as_of"])
    people = [count_of("asked", response["invited"]), count_of("answered", response["answered"])]
    survey = {
        "kind": "met",
        "key": [row["survey"]],
        "domain": edition["city"],
        "first": row["since"],
        "last": edition["end"],
    }
    facts = {name: row[name] for name in ("title", "waves", "first_day", "last_day")}
    facts["never_asked"] = " ".join(row["never_asked"])
    facts["recorded"] = int(response["recorded"])
    letters = ("refused", "not_reached", "unable", "undelivered", "ineligible")
    rates = ("silent", *(f"rr{n}" for n in range(1, 7)), "coop1", "coop2", "eligible")
    yield survey | {
        "facts": [*facts.items()],
        "counts": people
        + [
            count_of("letters", response[name], name) | {"until": ends.get(name)}
            for name in letters
        ],
        "figures": [{"name": name, "value": response[name]} for name in rates],
    }
    for dimension in dict.fromkeys(group["dimension"] for group in row["groups"]):
        groups = [group for group in row["groups"] if group["dimension"] == dimension]
        names = [(name, group) for name in ("asked", "answered") for group in groups]
        yield survey | {
            "kind": f"met by {dimension}",
            "counts": people
            + [count_of(f"group {name}", group[name], group["category"]) for name, group in names],
            "figures": [
                {"name": f"group {name}", "row": group["category"], "value": group[f"share_{name}"]}
                for name, group in names
            ],
        }
    for question in row["questions"]:
        column = "choices" if question["several"] else "people"
        yield survey | {
            "kind": "met question",
            "key": [row["survey"], question["item"]],
            "facts": [["text", question["text"]]],
            "counts": [
                count_of("base", question["base"]),
                *(
                    count_of(column, answer["count"], answer["words"])
                    for answer in question["answers"]
                ),
            ],
            "figures": [
                figure_of("share", answer["words"], answer, "share low high")
                for answer in question["answers"]
                if answer["share"] is not None
            ],
        }


def count_of(name: str, count: int | None, row: str = "") -> Fields:
    return {"name": name, "row": row, "count": count}


def counts_of(row: Fields, names: str) -> list[Fields]:
    return [{"name": name, "count": row[name]} for name in names.split() if row[name] is not None]


def figure_of(name: str, row: str, figures: Fields, fields: str) -> Fields:
    value, low, high = (figures[field] for field in fields.split())
    return {"name": name, "row": row, "value": value, "low": low, "high": high}


# The tables of each row of a field that editions had, and of the whole edition.
TABLES_OF_ROWS: dict[str, Callable[[Fields, Fields], Iterator[Fields]]] = {
    "demands": demand_tables,
    "encounters": encounter_tables,
}
