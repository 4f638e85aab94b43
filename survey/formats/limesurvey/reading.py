"""A LimeSurvey file as an instrument: a survey (.lss), a group (.lsg) or one question (.lsq)."""

import datetime
import re
from collections.abc import Callable
from typing import Any

from survey.formats.instruments import Imported, Report, bad_file
from survey.formats.limesurvey import arrays, questions
from survey.formats.limesurvey.attributes import tell_rest
from survey.formats.limesurvey.outline import Outline
from survey.formats.limesurvey.records import Group as Section
from survey.formats.limesurvey.records import Question
from survey.formats.limesurvey.settings import tell_settings
from survey.formats.limesurvey.tables import Document
from survey.formats.limesurvey.telling import Teller
from survey.formats.limesurvey.variables import HIDDEN, missing_of
from survey.formats.limesurvey.words import joined, worded, wordless
from survey.instruments import (
    SLUG,
    AnyPart,
    Consent,
    Foreign,
    Group,
    Instrument,
    Note,
    Page,
    Wording,
    said,
)
from survey.instruments.sizes import MOST_PARTS

Make = Callable[[Question, Teller], list[AnyPart]]
MAKES: dict[str, Make] = {
    **dict.fromkeys("L!OYG", questions.choice),
    **dict.fromkeys("MP", questions.choices),
    **dict.fromkeys("FABCEH", arrays.array),
    **dict.fromkeys("STU", questions.words),
    **dict.fromkeys("KQ", arrays.several),
    **dict.fromkeys(";:", arrays.fields_of),
    "1": arrays.dual, "5": questions.scale, "N": questions.numeric, "D": questions.date,
    "R": questions.rank, "X": questions.note, "*": questions.equation, "|": questions.document,
}  # fmt: skip
DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(.*)")


def read(name: str, content: bytes) -> Imported:
    """The instrument of a file, and what of it could not be carried."""
    report = Report()
    file = Document(name, content)
    outline = Outline(file, report)
    every = [question for group in outline.groups for question in group.questions]
    if len(every) > MOST_PARTS:
        raise bad_file(name, f"it has more than {MOST_PARTS:,} questions.")
    tell = Teller(file, report, every)
    tell_settings(file, report)
    words = words_of(file, report)
    items = [*opening(outline, file, words)]
    for group in outline.groups:
        items += section(group, tell)
    instrument = Instrument(
        slug=slug_of(file, words["title"] or title_of(outline)),
        version=1,
        mode="open",
        kind="survey",
        title=words["title"] or title_of(outline),
        summary=words["summary"],
        items=tuple(items),
        opens=day(file, "startdate", report),
        closes=day(file, "expires", report),
    )
    return Imported(instrument, report.left())


def words_of(file: Document, report: Report) -> dict[str, Wording]:
    """The words of the survey as a whole, by language; the last ones are not shown here."""
    rows = {row.get("surveyls_language", ""): row for row in file.rows("surveys_languagesettings")}
    columns = {
        "title": "surveyls_title", "summary": "surveyls_description",
        "welcome": "surveyls_welcometext", "policy": "surveyls_policy_notice",
        "policy_label": "surveyls_policy_notice_label", "policy_error": "surveyls_policy_error",
        "end": "surveyls_endtext",
    }  # fmt: skip
    found = {
        name: worded(
            {code: rows[code].get(column, "") for code in file.languages if code in rows},
            "the survey",
            report,
        )
        for name, column in columns.items()
    }
    if found["end"]:
        why = "every survey ends with the same page here"
        report.leave("the survey", f"the end text: {said(found['end'])[:200]}", why)
    return found


def title_of(outline: Outline) -> Wording:
    first = outline.groups[0]
    return first.text or wordless(first.questions[0].code, outline.file.languages)


def slug_of(file: Document, title: Wording) -> str:
    """The title as an address; a title in other letters than a to z leaves the survey's number."""
    words = re.sub(r"[^a-z0-9]+", "-", said(title, file.languages[0]).lower())
    slug = words.strip("-")[:60].strip("-")
    number = re.sub(r"[^0-9]", "", file.settings().get("sid", ""))[:20]
    return slug if SLUG.fullmatch(slug) else f"survey-{number or 'imported'}"


def day(file: Document, column: str, report: Report) -> datetime.date | None:
    written = file.settings().get(column, "")
    match = DAY.fullmatch(written)
    try:
        found = datetime.date.fromisoformat(match[1]) if match else None
    except ValueError:
        found = None
    clock = match[2].strip() if match else ""
    if written and found is None:
        report.leave("the survey", f"{column} = {written[:60]}", "it is not a date")
    elif clock.strip(":0 "):
        report.leave(
            "the survey", f"{column} = {written[:60]}", "only the date counts here, not the time"
        )
    return found


def opening(outline: Outline, file: Document, words: dict[str, Wording]) -> list[AnyPart]:
    """The words of welcome, and the notice that has to be agreed to."""
    found: list[AnyPart] = []
    if words["welcome"] and file.settings().get("showwelcome") != "N":
        found.append(Note(name=outline.names.free("welcome"), text=words["welcome"]))
    shown = file.settings().get("showsurveypolicynotice") in ("1", "2")
    if words["policy"] and shown:
        found.append(
            Consent(
                name=outline.names.free("policy"),
                text=joined(words["policy"], words["policy_label"]),
                required=True,
                required_message=words["policy_error"],
            )
        )
    return found


def section(group: Section, tell: Teller) -> list[AnyPart]:
    """A group as a page of its own, or its questions one by one; a question alone is in none."""
    relevant = tell.group_relevant(group.row, group.where)
    items = [part for question in group.questions for part in parts_of(question, tell)]
    if not group.id or not items:
        return items
    if group.row.get("randomization_group"):
        what = f"randomization_group = {group.row['randomization_group']}"
        tell.report.leave(group.where, what, "everyone sees the groups in the same order here")
    if group.description and tell.file.settings().get("showgroupinfo") not in ("N", "X"):
        items = [Note(name=f"{group.name}_words", text=group.description), *items]
    fields: dict[str, Any] = {"name": group.name, "text": group.text, "relevant": relevant}
    together = tell.file.settings().get("format", "G") not in ("A", "S")
    return [Page(**fields, items=tuple(items)) if together else Group(**fields, items=tuple(items))]


def parts_of(question: Question, tell: Teller) -> list[AnyPart]:
    missing = missing_of(question)
    found: list[AnyPart] = []
    if missing == HIDDEN:
        fields = questions.asked(question, tell)
        kept = {key: fields[key] for key in ("name", "text", "relevant")}
        found = [Foreign(kind="hidden", **kept)]
    elif not missing:
        found = MAKES[question.row["type"]](question, tell)
    if missing:
        tell.leave(question, "the question", missing)
        return found
    for one in (question, *question.subs):
        tell_rest(one, tell.report)
    return found
