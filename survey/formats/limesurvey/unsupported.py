"""Reports the settings and attributes of LimeSurvey that have no effect here, one line each."""

from survey.formats.instruments import ImportReport
from survey.formats.limesurvey.records import LimesurveyQuestion
from survey.formats.limesurvey.tables import LimesurveyFile

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


def report_other_attributes(question: LimesurveyQuestion, report: ImportReport) -> None:
    """Report every attribute of a question that was not imported."""
    for name, values in question.attributes.items():
        # What a reader asked for counts as imported, so no list of imported names can go stale.
        if name in question.taken or name in IGNORED:
            continue
        untouched = ("", "0", "N", *UNTOUCHED.get(name, ()))
        said = {text for text in values.values() if text not in untouched}
        for text in sorted(said):
            shown = text if len(text) <= 200 else f"{text[:200]}…"
            report.leave(question.where, f"{name} = {shown}", WHY.get(name, WHY_NOT))
