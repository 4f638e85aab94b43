"""A survey of SurveyJS, a form library with a builder, as an instrument; what is not imported is
reported.
"""

import re
from typing import Any

from msgspec.structs import replace

from survey.files.refusals import too_large_file
from survey.formats.expressions.logic import faults_of_expressions
from survey.formats.foreign import MOST_BYTES, ImportedInstrument, ImportReport, parse_json
from survey.formats.languages import find_language_code
from survey.formats.surveyjs.containers import ELEMENTS, page_parts
from survey.formats.surveyjs.node import SurveyjsContext, SurveyjsNode, plain_name
from survey.formats.surveyjs.questions import Parts
from survey.formats.surveyjs.terms import SurveyjsEntry
from survey.formats.surveyjs.words import clean_words, shortened_text
from survey.problems import Fault, Invalid
from survey.surveys import instruments
from survey.surveys.expressions import REFERENCE
from survey.surveys.instruments import faults_of_size
from survey.surveys.refusals import bad_instrument_file

EXPRESSION_FIELDS = ("relevant", "required_when", "constraint", "filter", "count", "calculation")
# The XForm's names for the expressions of a question, and ours.
FIELDS = {
    "relevant": "relevant", "required": "required_when", "constraint": "constraint",
    "choice filter": "filter", "filter": "filter", "count": "count", "calculate": "calculation",
    "default": "default",
}  # fmt: skip
LOST = "it is left out, so that the question is asked of everybody and answered freely"


def checked_instrument(
    file: str, instrument: instruments.Instrument, report: ImportReport
) -> instruments.Instrument:
    """The instrument without expressions that cannot be evaluated; each removal is reported."""
    if not instrument.answer_names():
        raise bad_instrument_file(file, "there is no question in it that can be asked here.")
    # Before any expression is tried, as that is what costs time.
    if large := faults_of_size(instrument):
        raise bad_instrument_file(file, f"{large[0].where} {large[0].sentence}.", *large)
    names = {part.name for part in instruments.all_parts(instrument.items)}
    names |= {name for part in instruments.all_parts(instrument.items) for name in part.row_texts()}

    def names_known_parts(part: instruments.AnyPart, field: str) -> bool:
        text = getattr(part, field, "")
        return all(name in names for name in REFERENCE.findall(text))

    # Names first: with an unknown one the form cannot be made, and nothing else could be checked.
    lost = {
        (part.name, field)
        for part in instruments.all_parts(instrument.items)
        for field in EXPRESSION_FIELDS
        if not names_known_parts(part, field)
    }
    instrument = without_expressions(instrument, lost, report)
    try:
        faults = faults_of_expressions(instrument)
    except Invalid as wrong:
        raise bad_instrument_file(
            file, f"its questions do not make a valid form: {wrong.faults[0].sentence}"
        ) from None
    places = [fault.where.rpartition(": ") for fault in faults]
    instrument = without_expressions(
        instrument, {(name, FIELDS.get(field, field)) for name, _, field in places}, report
    )
    if broken := instruments.faults_of_instrument(instrument):
        raise bad_instrument_file(file, f"{broken[0].where}: {broken[0].sentence}.", *broken)
    return instrument


def without_expressions(
    instrument: instruments.Instrument, lost: set[tuple[str, str]], report: ImportReport
) -> instruments.Instrument:
    if not lost:
        return instrument
    items = tuple(
        kept_part for part in instrument.items for kept_part in cleared_parts(part, lost, report)
    )
    return replace(instrument, items=items)


def cleared_parts(
    part: instruments.AnyPart, lost: set[tuple[str, str]], report: ImportReport
) -> tuple[instruments.AnyPart, ...]:
    changed: dict[str, Any] = {}
    field: str
    for field in (*EXPRESSION_FIELDS, "default"):
        given = getattr(part, field, "")
        if (part.name, field) in lost and given:
            report.leave(part.name, f"{field}: {given}", LOST)
            changed[field] = ""
    # A calculation without an expression is nothing at all.
    if isinstance(part, instruments.Calculate) and "calculation" in changed:
        return ()
    if isinstance(part, instruments.Container):
        changed["items"] = tuple(
            kept_part for held in part.items for kept_part in cleared_parts(held, lost, report)
        )
    return (replace(part, **changed),)


ONE_BY_ONE = ("questionPerPage", "inputPerPage")
NOT_SLUG = re.compile(r"[^a-z0-9]+")


def read(name: str, content: bytes) -> ImportedInstrument:
    """The instrument of a file, and what could not be imported."""
    if len(content) > MOST_BYTES:
        raise too_large_file(name, MOST_BYTES)
    given = parse_json(name, content)
    if not isinstance(given, dict):
        raise bad_instrument_file(
            name, "at $, an object { } was expected.", Fault("$", "an object { }")
        )
    try:
        # Twice, as a condition may ask for a question that comes later.
        _, known = build_instrument(name, given, ImportReport(), {})
        report = ImportReport()
        instrument, _ = build_instrument(name, given, report, known)
    except RecursionError:
        raise bad_instrument_file(name, "it is nested too deeply.") from None
    return ImportedInstrument(checked_instrument(name, instrument, report), report.not_imported())


def build_instrument(
    name: str, given: dict[str, Any], report: ImportReport, known: dict[str, SurveyjsEntry]
) -> tuple[instruments.Instrument, dict[str, SurveyjsEntry]]:
    locale = given.get("locale")
    language = find_language_code(locale) if isinstance(locale, str) and locale != "default" else ""
    context = SurveyjsContext(name, language or "en", report, known)
    survey = SurveyjsNode(context, "$", given)
    survey.text("locale")
    mode = survey.text("questionsOnPageMode")
    context.one_by_one = mode in ONE_BY_ONE
    title = survey.wording("title") or {context.language: clean_words(file_stem(name)) or "–"}
    summary = survey.wording("description")
    pages = survey.nodes("pages")
    if any(survey.has(key) for key in ELEMENTS):
        key = survey.first_given(ELEMENTS)[0]
        pages.append(SurveyjsNode(survey.context, "$", {"elements": survey.entries(*ELEMENTS)}))
        survey.asked.add(key)
    if mode == "singlePage":
        survey.leave("questionsOnPageMode: singlePage", "every page of the file is a page here")
    items = tuple(part for page in pages for part in page_parts(page))
    items += calculated_parts(survey)
    for node in survey.nodes("triggers"):
        kind = node.text("type") or "trigger"
        when = node.text("expression")
        node.leave(
            shortened_text(f"trigger {kind}, when {when}"),
            "nothing happens by itself in a survey here",
        )
    survey.leave_rest()
    instrument = instruments.Instrument(
        slug=survey_slug(instruments.wording_text(title), file_stem(name)),
        version=1,
        mode="open",
        kind="survey",
        title=title,
        summary=summary,
        items=items,
    )
    return instrument, context.met


def calculated_parts(survey: SurveyjsNode) -> Parts:
    parts: list[instruments.Calculate] = []
    for node in survey.nodes("calculatedValues"):
        entry = SurveyjsEntry(node.name_here("calculated"), "calculated")
        written = node.expression("expression", "it is left out")
        if written:
            node.meet(entry)
            parts.append(instruments.Calculate(name=entry.name, calculation=written))
        elif not node.text("expression"):
            node.leave(
                f"calculatedValues: {node.given_name}", "it says nothing of how it is worked out"
            )
        node.leave_rest()
    return tuple(parts)


def file_stem(name: str) -> str:
    return name.rpartition("/")[2].rpartition(".")[0] or name


def survey_slug(*given: str) -> str:
    for text in given:
        plain = plain_name(text, "").removeprefix("q_").lower()
        slug = NOT_SLUG.sub("-", plain).strip("-")[:60].strip("-")
        if instruments.SLUG.fullmatch(slug):
            return slug
    return "imported-survey"
