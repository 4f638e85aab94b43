"""A LimeSurvey file as an instrument: a survey (.lss), a group (.lsg) or one question (.lsq)."""

import datetime
import re
from collections.abc import Callable
from typing import Any

from survey.formats.instruments import ImportedInstrument, ImportReport
from survey.formats.limesurvey import arrays, questions
from survey.formats.limesurvey.context import LimesurveyContext
from survey.formats.limesurvey.outline import LimesurveyOutline
from survey.formats.limesurvey.records import LimesurveyGroup as Section
from survey.formats.limesurvey.records import LimesurveyQuestion
from survey.formats.limesurvey.tables import LimesurveyFile
from survey.formats.limesurvey.unsupported import report_other_attributes, report_settings
from survey.formats.limesurvey.variables import HIDDEN, reason_not_asked
from survey.formats.limesurvey.words import joined_wording, plain_wording, wording_from_code
from survey.surveys.instruments import (
    SLUG,
    AnyPart,
    Consent,
    Instrument,
    Note,
    QuestionGroup,
    QuestionPage,
    Unsupported,
    Wording,
    wording_text,
)
from survey.surveys.instruments.sizes import MOST_PARTS
from survey.surveys.refusals import bad_instrument_file

PartMaker = Callable[[LimesurveyQuestion, LimesurveyContext], list[AnyPart]]
PART_MAKERS: dict[str, PartMaker] = {
    **dict.fromkeys("L!OYG", questions.select_one_parts),
    **dict.fromkeys("MP", questions.select_multiple_parts),
    **dict.fromkeys("FABCEH", arrays.array_parts),
    **dict.fromkeys("STU", questions.text_parts),
    **dict.fromkeys("KQ", arrays.multiple_input_parts),
    **dict.fromkeys(";:", arrays.input_array_parts),
    "1": arrays.dual_scale_parts, "5": questions.five_point_parts, "N": questions.number_parts,
    "D": questions.date_parts,
    "R": questions.rank_parts, "X": questions.note_parts, "*": questions.equation_parts,
    "|": questions.file_parts,
}  # fmt: skip
DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(.*)")


def read(name: str, content: bytes) -> ImportedInstrument:
    """The instrument of a file, and what could not be imported."""
    report = ImportReport()
    file = LimesurveyFile(name, content)
    outline = LimesurveyOutline(file, report)
    every = [question for group in outline.groups for question in group.questions]
    # Before any condition is converted, as that is what costs time.
    if len(every) > MOST_PARTS:
        raise bad_instrument_file(name, f"it has more than {MOST_PARTS:,} questions.")
    # Before the items, as a condition may ask for a question that comes later.
    context = LimesurveyContext(file, report, every)
    report_settings(file, report)
    words = survey_wordings(file, report)
    items = [*opening_parts(outline, file, words)]
    for group in outline.groups:
        items += group_parts(group, context)
    instrument = Instrument(
        slug=survey_slug(file, words["title"] or title_wording(outline)),
        version=1,
        mode="open",
        kind="survey",
        title=words["title"] or title_wording(outline),
        summary=words["summary"],
        items=tuple(items),
        opens=setting_date(file, "startdate", report),
        closes=setting_date(file, "expires", report),
    )
    return ImportedInstrument(instrument, report.not_imported())


def survey_wordings(file: LimesurveyFile, report: ImportReport) -> dict[str, Wording]:
    """The texts of the survey as a whole; its end text is reported, as it is not shown here."""
    rows = {row.get("surveyls_language", ""): row for row in file.rows("surveys_languagesettings")}
    columns = {
        "title": "surveyls_title", "summary": "surveyls_description",
        "welcome": "surveyls_welcometext", "policy": "surveyls_policy_notice",
        "policy_label": "surveyls_policy_notice_label", "policy_error": "surveyls_policy_error",
        "end": "surveyls_endtext",
    }  # fmt: skip
    found = {
        name: plain_wording(
            {code: rows[code].get(column, "") for code in file.languages if code in rows},
            "the survey",
            report,
        )
        for name, column in columns.items()
    }
    if found["end"]:
        why = "every survey ends with the same page here"
        report.leave("the survey", f"the end text: {wording_text(found['end'])[:200]}", why)
    return found


def title_wording(outline: LimesurveyOutline) -> Wording:
    first = outline.groups[0]
    return first.text or wording_from_code(first.questions[0].code, outline.file.languages)


def survey_slug(file: LimesurveyFile, title: Wording) -> str:
    """The title as an address; the survey's number if the title has no letters a to z."""
    words = re.sub(r"[^a-z0-9]+", "-", wording_text(title, file.languages[0]).lower())
    slug = words.strip("-")[:60].strip("-")
    number = re.sub(r"[^0-9]", "", file.settings().get("sid", ""))[:20]
    return slug if SLUG.fullmatch(slug) else f"survey-{number or 'imported'}"


def setting_date(file: LimesurveyFile, column: str, report: ImportReport) -> datetime.date | None:
    written = file.settings().get(column, "")
    match = DAY.fullmatch(written)
    try:
        found = datetime.date.fromisoformat(match[1]) if match else None
    except ValueError:
        found = None
    clock = match[2].strip() if match else ""
    if written and found is None:
        report.leave("the survey", f"{column} = {written[:60]}", "it is not a date")
    # Midnight is what LimeSurvey writes for a day without a time.
    elif clock.strip(":0 "):
        report.leave(
            "the survey", f"{column} = {written[:60]}", "only the date counts here, not the time"
        )
    return found


def opening_parts(
    outline: LimesurveyOutline, file: LimesurveyFile, words: dict[str, Wording]
) -> list[AnyPart]:
    """The welcome text, and the privacy notice that has to be accepted."""
    found: list[AnyPart] = []
    if words["welcome"] and file.settings().get("showwelcome") != "N":
        found.append(Note(name=outline.names.free("welcome"), text=words["welcome"]))
    shown = file.settings().get("showsurveypolicynotice") in ("1", "2")
    if words["policy"] and shown:
        found.append(
            Consent(
                name=outline.names.free("policy"),
                text=joined_wording(words["policy"], words["policy_label"]),
                required=True,
                required_message=words["policy_error"],
            )
        )
    return found


def group_parts(group: Section, context: LimesurveyContext) -> list[AnyPart]:
    """A group as a page, or its questions one by one; a file with one question has no group."""
    relevant = context.group_relevant(group.row, group.where)
    items = [part for question in group.questions for part in question_parts(question, context)]
    if not group.id or not items:
        return items
    if group.row.get("randomization_group"):
        what = f"randomization_group = {group.row['randomization_group']}"
        context.report.leave(group.where, what, "everyone sees the groups in the same order here")
    if group.description and context.file.settings().get("showgroupinfo") not in ("N", "X"):
        items = [Note(name=f"{group.name}_words", text=group.description), *items]
    fields: dict[str, Any] = {"name": group.name, "text": group.text, "relevant": relevant}
    together = context.file.settings().get("format", "G") not in ("A", "S")
    return [
        QuestionPage(**fields, items=tuple(items))
        if together
        else QuestionGroup(**fields, items=tuple(items))
    ]


def question_parts(question: LimesurveyQuestion, context: LimesurveyContext) -> list[AnyPart]:
    missing = reason_not_asked(question)
    found: list[AnyPart] = []
    # Imported as something never asked, so that it goes out again with the survey.
    if missing == HIDDEN:
        fields = questions.shared_fields(question, context)
        shared = {key: fields[key] for key in ("name", "text", "relevant")}
        found = [Unsupported(kind="hidden", **shared)]
    elif not missing:
        found = PART_MAKERS[question.row["type"]](question, context)
    if missing:
        context.leave(question, "the question", missing)
        return found
    for one in (question, *question.subs):
        report_other_attributes(one, context.report)
    return found
