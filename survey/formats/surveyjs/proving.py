"""Final check of an imported instrument: removes expressions that refer to missing questions."""

import re
from typing import Any

import msgspec

from survey.formats.expressions import faults_of_expressions
from survey.formats.instruments import ImportReport, bad_file
from survey.problems import Invalid
from survey.surveys.instruments import (
    AnyPart,
    Calculate,
    Grid,
    GridRow,
    Instrument,
    QuestionGroup,
    QuestionPage,
    Repeat,
    all_parts,
    faults_of_instrument,
)
from survey.surveys.instruments.sizes import faults_of_size

REFERENCE = re.compile(r"\$\{([^{}]*)\}")
EXPRESSION_FIELDS = ("relevant", "required_when", "constraint", "filter", "count", "calculation")
# The XForm's names for the expressions of a question, and ours.
FIELDS = {
    "relevant": "relevant", "required": "required_when", "constraint": "constraint",
    "choice filter": "filter", "filter": "filter", "count": "count", "calculate": "calculation",
    "default": "default",
}  # fmt: skip
LOST = "it is left out, so that the question is asked of everybody and answered freely"


def checked_instrument(file: str, instrument: Instrument, report: ImportReport) -> Instrument:
    """The instrument without expressions that cannot be evaluated; each removal is reported."""
    if not instrument.answer_names():
        raise bad_file(file, "there is no question in it that can be asked here.")
    if large := faults_of_size(instrument):
        raise bad_file(file, f"{large[0].where} {large[0].sentence}.", *large)
    names = {part.name for part in all_parts(instrument.items)}
    names |= {row.name for part in all_parts(instrument.items) for row in grid_rows(part)}

    def known(part: AnyPart, field: str) -> bool:
        text = getattr(part, field, "")
        return all(name in names for name in REFERENCE.findall(text))

    lost = {
        (part.name, field)
        for part in all_parts(instrument.items)
        for field in EXPRESSION_FIELDS
        if not known(part, field)
    }
    instrument = without_expressions(instrument, lost, report)
    try:
        faults = faults_of_expressions(instrument)
    except Invalid as wrong:
        raise bad_file(
            file, f"its questions do not make a valid form: {wrong.faults[0].sentence}"
        ) from None
    found = [fault.where.rpartition(": ") for fault in faults]
    instrument = without_expressions(
        instrument, {(name, FIELDS.get(field, field)) for name, _, field in found}, report
    )
    if broken := faults_of_instrument(instrument):
        raise bad_file(file, f"{broken[0].where}: {broken[0].sentence}.", *broken)
    return instrument


def grid_rows(part: AnyPart) -> tuple[GridRow, ...]:
    return part.rows if isinstance(part, Grid) else ()


def without_expressions(
    instrument: Instrument, lost: set[tuple[str, str]], report: ImportReport
) -> Instrument:
    if not lost:
        return instrument
    items = tuple(one for part in instrument.items for one in cleared_parts(part, lost, report))
    return msgspec.structs.replace(instrument, items=items)


def cleared_parts(
    part: AnyPart, lost: set[tuple[str, str]], report: ImportReport
) -> tuple[AnyPart, ...]:
    changed: dict[str, Any] = {}
    field: str
    for field in (*EXPRESSION_FIELDS, "default"):
        given = getattr(part, field, "")
        if (part.name, field) in lost and given:
            report.leave(part.name, f"{field}: {given}", LOST)
            changed[field] = ""
    if isinstance(part, Calculate) and "calculation" in changed:
        return ()
    if isinstance(part, QuestionGroup | QuestionPage | Repeat):
        changed["items"] = tuple(
            one for held in part.items for one in cleared_parts(held, lost, report)
        )
    return (msgspec.structs.replace(part, **changed),)
