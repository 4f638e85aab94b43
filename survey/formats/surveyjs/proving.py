"""The last look at an instrument that was made: no expression in it names what is not there."""

import re
from typing import Any

import msgspec

from survey.formats.expressions import check
from survey.formats.instruments import Report, bad_file
from survey.instruments import (
    AnyPart,
    Calculate,
    Grid,
    Group,
    Instrument,
    Page,
    Repeat,
    Row,
    every,
    faults_of,
)
from survey.instruments.sizes import faults_of_size
from survey.problems import Invalid

NAMED = re.compile(r"\$\{([^{}]*)\}")
EXPRESSIONS = ("relevant", "required_when", "constraint", "filter", "count", "calculation")
# What the form calls the expressions of a question, and what they are called here.
FIELDS = {
    "relevant": "relevant", "required": "required_when", "constraint": "constraint",
    "choice filter": "filter", "filter": "filter", "count": "count", "calculate": "calculation",
    "default": "default",
}  # fmt: skip
LOST = "it is left out, so that the question is asked of everybody and answered freely"


def proved(file: str, instrument: Instrument, report: Report) -> Instrument:
    """The instrument with every expression left out, and told, that cannot be asked."""
    if not instrument.answer_names():
        raise bad_file(file, "there is no question in it that can be asked here.")
    if large := faults_of_size(instrument):
        raise bad_file(file, f"{large[0].where} {large[0].sentence}.", *large)
    names = {part.name for part in every(instrument.items)}
    names |= {row.name for part in every(instrument.items) for row in rows_of(part)}

    def known(part: AnyPart, field: str) -> bool:
        text = getattr(part, field, "")
        return all(name in names for name in NAMED.findall(text))

    lost = {
        (part.name, field)
        for part in every(instrument.items)
        for field in EXPRESSIONS
        if not known(part, field)
    }
    instrument = without(instrument, lost, report)
    try:
        faults = check(instrument)
    except Invalid as wrong:
        raise bad_file(
            file, f"its questions do not make a valid form: {wrong.faults[0].sentence}"
        ) from None
    found = [fault.where.rpartition(": ") for fault in faults]
    instrument = without(
        instrument, {(name, FIELDS.get(field, field)) for name, _, field in found}, report
    )
    if broken := faults_of(instrument):
        raise bad_file(file, f"{broken[0].where}: {broken[0].sentence}.", *broken)
    return instrument


def rows_of(part: AnyPart) -> tuple[Row, ...]:
    return part.rows if isinstance(part, Grid) else ()


def without(instrument: Instrument, lost: set[tuple[str, str]], report: Report) -> Instrument:
    if not lost:
        return instrument
    items = tuple(one for part in instrument.items for one in cleared(part, lost, report))
    return msgspec.structs.replace(instrument, items=items)


def cleared(part: AnyPart, lost: set[tuple[str, str]], report: Report) -> tuple[AnyPart, ...]:
    changed: dict[str, Any] = {}
    field: str
    for field in (*EXPRESSIONS, "default"):
        given = getattr(part, field, "")
        if (part.name, field) in lost and given:
            report.leave(part.name, f"{field}: {given}", LOST)
            changed[field] = ""
    if isinstance(part, Calculate) and "calculation" in changed:
        return ()
    if isinstance(part, Group | Page | Repeat):
        changed["items"] = tuple(one for held in part.items for one in cleared(held, lost, report))
    return (msgspec.structs.replace(part, **changed),)
