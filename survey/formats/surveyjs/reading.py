"""A survey of SurveyJS as an instrument, and all of it that is not carried."""

import re
from typing import Any

from survey.formats.instruments import MOST_BYTES, Imported, Report, bad_file
from survey.formats.json_files import decoded
from survey.formats.languages import code_of
from survey.formats.surveyjs.holding import page
from survey.formats.surveyjs.making import Making, plain_name
from survey.formats.surveyjs.node import Node, Source, shortened, words
from survey.formats.surveyjs.proving import proved
from survey.formats.surveyjs.questions import Parts
from survey.formats.surveyjs.terms import Entry
from survey.instruments import SLUG, Calculate, Instrument, said
from survey.problems import Fault, too_large_file

ELEMENTS = ("elements", "questions")
ONE_BY_ONE = ("questionPerPage", "inputPerPage")
NOT_SLUG = re.compile(r"[^a-z0-9]+")


def read(name: str, content: bytes) -> Imported:
    """The instrument of a file, and what of it could not be carried."""
    if len(content) > MOST_BYTES:
        raise too_large_file(name, MOST_BYTES)
    given = decoded(name, content)
    if not isinstance(given, dict):
        raise bad_file(name, "at $, an object { } was expected.", Fault("$", "an object { }"))
    try:
        _, known = made(name, given, Report(), {})
        report = Report()
        instrument, _ = made(name, given, report, known)
    except RecursionError:
        raise bad_file(name, "it is nested too deeply.") from None
    return Imported(proved(name, instrument, report), report.left())


def made(
    name: str, given: dict[str, Any], report: Report, known: dict[str, Entry]
) -> tuple[Instrument, dict[str, Entry]]:
    locale = given.get("locale")
    language = code_of(locale) if isinstance(locale, str) and locale != "default" else ""
    survey = Node(Source(name, language or "en", report), "$", given)
    making = Making(survey.source, known)
    survey.text("locale")
    mode = survey.text("questionsOnPageMode")
    making.one_by_one = mode in ONE_BY_ONE
    title = survey.wording("title") or {survey.source.language: words(stem(name)) or "–"}
    summary = survey.wording("description")
    items = items_of(making, survey, mode)
    items += calculations(making, survey)
    triggers(survey)
    survey.leave_rest()
    instrument = Instrument(
        slug=slug_of(said(title), stem(name)),
        version=1,
        mode="open",
        kind="survey",
        title=title,
        summary=summary,
        items=items,
    )
    return instrument, making.met


def items_of(making: Making, survey: Node, mode: str) -> Parts:
    """The questions of every page; a file without pages is one."""
    pages = survey.nodes("pages")
    if any(survey.has(key) for key in ELEMENTS):
        key = survey.found(ELEMENTS)[0]
        pages.append(Node(survey.source, "$", {"elements": survey.entries(*ELEMENTS)}))
        survey.asked.add(key)
    if mode == "singlePage":
        survey.leave("questionsOnPageMode: singlePage", "every page of the file is a page here")
    return tuple(part for one in pages for part in page(making, one))


def calculations(making: Making, survey: Node) -> Parts:
    parts: list[Calculate] = []
    for one in survey.nodes("calculatedValues"):
        given = one.text("name")
        entry = Entry(making.name(one, given, "calculated"), "calculated")
        written = making.expression(one, "expression", None, "it is left out")
        if written:
            making.meet(given, entry)
            parts.append(Calculate(name=entry.name, calculation=written))
        elif not one.text("expression"):
            one.leave(f"calculatedValues: {given}", "it says nothing of how it is worked out")
        one.leave_rest()
    return tuple(parts)


def triggers(survey: Node) -> None:
    """What happens by itself while people answer happens nowhere here."""
    for one in survey.nodes("triggers"):
        kind = one.text("type") or "trigger"
        when = one.text("expression")
        one.leave(
            shortened(f"trigger {kind}, when {when}"), "nothing happens by itself in a survey here"
        )


def stem(name: str) -> str:
    return name.rpartition("/")[2].rpartition(".")[0] or name


def slug_of(*given: str) -> str:
    for one in given:
        plain = plain_name(one, "").removeprefix("q_").lower()
        slug = NOT_SLUG.sub("-", plain).strip("-")[:60].strip("-")
        if SLUG.fullmatch(slug):
            return slug
    return "imported-survey"
