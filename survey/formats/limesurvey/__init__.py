"""A LimeSurvey file as an instrument: a survey (.lss), a group (.lsg) or one question (.lsq).

What has no effect here is in tables, and reported, one line each.
"""

import datetime
import re
from collections.abc import Callable
from typing import Any

from survey.formats.foreign import ImportedInstrument, ImportReport, joined_wording
from survey.formats.limesurvey import arrays, questions, records
from survey.formats.limesurvey.outline import (
    HIDDEN,
    LimesurveyOutline,
    learn,
    question_variables,
    reason_not_asked,
)
from survey.formats.limesurvey.records import LimesurveyGroup as Section
from survey.formats.limesurvey.tables import LimesurveyFile, plain_wording, wording_from_code
from survey.surveys import instruments
from survey.surveys.instruments import MOST_PARTS
from survey.surveys.refusals import bad_instrument_file

# The value at which each setting affects respondents, and why it is not imported.
SETTINGS = {
    "usetokens": ("Y", "invitations are made where a survey is published here"),
    "assessments": ("Y", "answers are not added up to a score here"),
    "printanswers": ("Y", "people cannot print all their answers here"),
    "alloweditaftercompletion": ("Y", "answers cannot be changed after sending here"),
    "allowregister": ("Y", "people do not have to register to answer here"),
    "allowsave": ("Y", "unfinished answers are saved page by page here"),
    "ipaddr": ("Y", "internet addresses are not stored here"),
    "refurl": ("Y", "the page people came from is not stored here"),
    "savetimings": ("Y", "the time people took is not stored here"),
    "anonymized": ("N", "answers are not stored with names here"),
    "publicstatistics": ("Y", "results are published in reports here"),
    "usecookie": ("Y", "cookies do not track people here"),
}
WORDS = {
    "surveyls_url": "every survey ends on the same page here",
    "surveyls_attributecaptions": "details of people who were invited are not used here",
}
# Tables that were read, or that only have texts and looks of things reported elsewhere.
READ = frozenset(
    {
        "surveys", "surveys_languagesettings", "groups", "group_l10ns", "questions",
        "question_l10ns", "subquestions", "answers", "answer_l10ns",
        "question_attributes", "defaultvalues", "defaultvalue_l10ns", "conditions",
        "quota_members", "quota_languagesettings", "themes", "themes_inherited",
    }
)  # fmt: skip
TABLES = {
    "quota": "there is no limit to the number of answers here",
    "assessments": "answers are not added up to a score here",
    "survey_url_parameters": "answers cannot be given in a link here",
    "plugin_settings": "it is for programs of LimeSurvey",
    "surveys_groupsettings": "it is for programs of LimeSurvey",
}


def report_settings(file: LimesurveyFile, report: ImportReport) -> None:
    """Report settings, texts and tables that were not imported, each once."""
    settings = file.settings()
    for name, (wanted, why) in SETTINGS.items():
        if settings.get(name) == wanted:
            report.leave("the survey", f"{name} = {wanted}", why)
    for name, why in WORDS.items():
        said = {row.get(name, "") for row in file.rows("surveys_languagesettings")} - {""}
        for text in sorted(said):
            report.leave("the survey", f"{name} = {text[:200]}", why)
    for table, rows in file.tables.items():
        if table not in READ and rows:
            why = TABLES.get(table, "there is no equivalent here")
            report.leave("the survey", f"the table {table} ({len(rows)} rows)", why)


# Looks and statistics only: these change neither the texts nor the answers allowed.
IGNORED = frozenset(
    {
        "answer_width", "answer_width_bycolumn", "array_filter_style", "assessment_value",
        "category_separator", "choice_input_columns", "clear_default", "crypted",
        "cssclass", "display_columns", "display_rows", "display_type",
        "dropdown_dates_minute_step", "dropdown_dates_month_style", "dropdown_prepostfix",
        "dropdown_separators", "dropdown_size", "em_validation_q_tip",
        "em_validation_sq_tip", "exclude_all_others_auto", "fix_height", "fix_width",
        "hide_tip", "horizontal_scroll", "input_size", "keep_aspect",
        "label_input_columns", "location_city", "location_country",
        "location_defaultcoordinates", "location_mapheight", "location_mapwidth",
        "location_mapzoom", "location_nodefaultfromip", "location_postal",
        "location_state", "page_break", "parent_order", "printable_help",
        "public_statistics", "question_template", "question_theme_name",
        "repeat_headings", "reverse", "samechoiceheight", "samelistheight",
        "save_as_default", "scale_export", "show_popups", "showpopups",
        "slider_custom_handle", "slider_handle", "slider_middlestart",
        "slider_orientation", "slider_rating", "slider_reset", "slider_separator",
        "slider_showminmax", "statistics_graphtype", "statistics_showgraph",
        "statistics_showmap", "text_input_columns", "text_input_width",
        "time_limit_action", "time_limit_countdown_message", "time_limit_disable_next",
        "time_limit_disable_prev", "time_limit_message", "time_limit_message_delay",
        "time_limit_message_style", "time_limit_timer_style", "time_limit_warning",
        "time_limit_warning_2", "time_limit_warning_2_display_time",
        "time_limit_warning_2_message", "time_limit_warning_2_style",
        "time_limit_warning_display_time", "time_limit_warning_message",
        "time_limit_warning_style", "use_dropdown",
    }
)  # fmt: skip
# Default values of attributes; '' and '0' are a default for all of them.
UNTOUCHED = {
    "other_position": ("default", "end"),
    "show_title": ("1",),
    "show_comment": ("1",),
    "multiflexible_step": ("1",),
    "multiflexible_min": ("1",),
    "multiflexible_max": ("10",),
    "max_num_of_files": ("1",),
    "answer_order": ("normal",),
    "subquestion_order": ("normal",),
    "value_range_allows_missing": ("1",),
    "slider_default_set": ("1",),
}
ORDER = "everyone sees the answers in the order of the file here"
ROWS = "everyone is asked every row here"
WHY = {
    "random_order": ORDER, "alphasort": ORDER, "answer_order": ORDER, "subquestion_order": ORDER,
    "random_group": "everyone sees the questions in the same order here",
    "array_filter": ROWS, "array_filter_exclude": ROWS,
    "time_limit": "no answer is timed here",
    "location_mapservice": "an exact place could identify a person",
    "other_position": "the answer in people's own words comes last here",
    "prefix": "there is no text before the field of a question here",
    "suffix": "there is no text after the field of a question here",
    "allowed_filetypes": "which documents are accepted is set for all questions here",
    "max_filesize": "the largest size of a document is set for all questions here",
    "max_num_of_files": "each question accepts one document here",
    "show_title": "a document has no title of its own here",
    "show_comment": "a document has no comment of its own here",
}  # fmt: skip
WHY_NOT = "there is no equivalent here"


PartMaker = Callable[[records.LimesurveyQuestion], list[instruments.AnyPart]]
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
    context = records.LimesurveyContext(file, report)
    outline = LimesurveyOutline(context)
    every = [question for group in outline.groups for question in group.questions]
    # Before any condition is converted, as that is what costs time.
    if len(every) > MOST_PARTS:
        raise bad_instrument_file(name, f"it has more than {MOST_PARTS:,} questions.")
    # Before the items, as a condition may ask for a question that comes later.
    for question in every:
        if not reason_not_asked(question):
            learn(question, question_variables(question))
    context.read_rules()
    report_settings(file, report)
    words = survey_wordings(file, report)
    items = [*opening_parts(outline, file, words)]
    for group in outline.groups:
        items += group_parts(group, context)
    letters = re.sub(
        r"[^a-z0-9]+",
        "-",
        instruments.wording_text(
            words["title"] or title_wording(outline), file.languages[0]
        ).lower(),
    )
    slug = letters.strip("-")[:60].strip("-")
    number = re.sub(r"[^0-9]", "", file.settings().get("sid", ""))[:20]
    instrument = instruments.Instrument(
        slug=slug if instruments.SLUG.fullmatch(slug) else f"survey-{number or 'imported'}",
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


def survey_wordings(file: LimesurveyFile, report: ImportReport) -> dict[str, instruments.Wording]:
    """The texts of the survey as a whole; its end text is only reported, because we show none."""
    rows = {row.get("surveyls_language", ""): row for row in file.rows("surveys_languagesettings")}
    columns = {
        "title": "surveyls_title", "summary": "surveyls_description",
        "welcome": "surveyls_welcometext", "policy": "surveyls_policy_notice",
        "policy_label": "surveyls_policy_notice_label", "policy_error": "surveyls_policy_error",
        "end": "surveyls_endtext",
    }  # fmt: skip
    wordings = {
        name: plain_wording(
            {code: rows[code].get(column, "") for code in file.languages if code in rows},
            "the survey",
            report,
        )
        for name, column in columns.items()
    }
    if wordings["end"]:
        why = "every survey ends with the same page here"
        report.leave(
            "the survey", f"the end text: {instruments.wording_text(wordings['end'])[:200]}", why
        )
    return wordings


def title_wording(outline: LimesurveyOutline) -> instruments.Wording:
    first = outline.groups[0]
    return first.text or wording_from_code(first.questions[0].code, outline.file.languages)


def setting_date(file: LimesurveyFile, column: str, report: ImportReport) -> datetime.date | None:
    written = file.settings().get(column, "")
    match = DAY.fullmatch(written)
    try:
        day = datetime.date.fromisoformat(match[1]) if match else None
    except ValueError:
        day = None
    clock = match[2].strip() if match else ""
    if written and day is None:
        report.leave("the survey", f"{column} = {written[:60]}", "it is not a date")
    # Midnight is what LimeSurvey writes for a day without a time.
    elif clock.strip(":0 "):
        report.leave(
            "the survey", f"{column} = {written[:60]}", "only the date counts here, not the time"
        )
    return day


def opening_parts(
    outline: LimesurveyOutline, file: LimesurveyFile, words: dict[str, instruments.Wording]
) -> list[instruments.AnyPart]:
    """The welcome text, and the privacy notice that has to be accepted."""
    parts: list[instruments.AnyPart] = []
    if words["welcome"] and file.settings().get("showwelcome") != "N":
        parts.append(instruments.Note(name=outline.names.take("welcome"), text=words["welcome"]))
    shown = file.settings().get("showsurveypolicynotice") in ("1", "2")
    if words["policy"] and shown:
        parts.append(
            instruments.Consent(
                name=outline.names.take("policy"),
                text=joined_wording(words["policy"], words["policy_label"]),
                required=True,
                required_message=words["policy_error"],
            )
        )
    return parts


def group_parts(group: Section, context: records.LimesurveyContext) -> list[instruments.AnyPart]:
    """A group as one page, or, if the file does not show a page for each group, as a group whose
    questions are asked one by one. A file with one question has no group.
    """
    written, relevant = group.row.get("grelevance", "").strip(), ""
    if written not in records.EVERYBODY:
        relevant = context.convert(written, group.where, "relevance", records.EVERYONE_ASKED)
    items = [part for question in group.questions for part in question_parts(question)]
    if not group.id or not items:
        return items
    if group.row.get("randomization_group"):
        what = f"randomization_group = {group.row['randomization_group']}"
        context.report.leave(group.where, what, "everyone sees the groups in the same order here")
    if group.description and context.file.settings().get("showgroupinfo") not in ("N", "X"):
        items = [instruments.Note(name=f"{group.name}_words", text=group.description), *items]
    fields: dict[str, Any] = {"name": group.name, "text": group.text, "relevant": relevant}
    together = context.file.settings().get("format", "G") not in ("A", "S")
    return [
        instruments.QuestionPage(**fields, items=tuple(items))
        if together
        else instruments.QuestionGroup(**fields, items=tuple(items))
    ]


def question_parts(question: records.LimesurveyQuestion) -> list[instruments.AnyPart]:
    missing = reason_not_asked(question)
    parts: list[instruments.AnyPart] = []
    # Imported as something never asked, so that it goes out again with the survey.
    if missing == HIDDEN:
        fields = questions.shared_fields(question)
        shared = {key: fields[key] for key in ("name", "text", "relevant")}
        parts = [instruments.Unsupported(kind="hidden", **shared)]
    elif not missing:
        parts = PART_MAKERS[question.row["type"]](question)
    if missing:
        question.leave("the question", missing)
        return parts
    for record in (question, *question.subs):
        for name, values in record.attributes.items():
            # What a reader asked for counts as imported, so no list of imported names can go stale.
            if name in record.taken or name in IGNORED:
                continue
            untouched = ("", "0", "N", *UNTOUCHED.get(name, ()))
            said = {text for text in values.values() if text not in untouched}
            for text in sorted(said):
                shown = text if len(text) <= 200 else f"{text[:200]}…"
                record.leave(f"{name} = {shown}", WHY.get(name, WHY_NOT))
    return parts
