"""Reports the settings of a LimeSurvey survey that have no effect here, one line each."""

from survey.formats.instruments import ImportReport
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
