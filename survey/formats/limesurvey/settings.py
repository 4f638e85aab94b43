"""What a LimeSurvey survey is told to do as a whole and is not done here, a line for each."""

from survey.formats.instruments import Report
from survey.formats.limesurvey.tables import Document

# What each setting has to be to change something for who answers, and why it is not carried.
SETTINGS = {
    "usetokens": ("Y", "invitations are made where a survey is published here"),
    "assessments": ("Y", "answers are not added up to a score here"),
    "printanswers": ("Y", "nobody is shown all answers again here"),
    "alloweditaftercompletion": ("Y", "what was sent is not changed here"),
    "allowregister": ("Y", "nobody has to register to answer here"),
    "allowsave": ("Y", "half a survey is kept by its page here"),
    "ipaddr": ("Y", "no address of a computer is kept here"),
    "refurl": ("Y", "where somebody came from is not kept here"),
    "savetimings": ("Y", "how long somebody took is not kept here"),
    "anonymized": ("N", "no answer is kept with a name here"),
    "publicstatistics": ("Y", "what is published is decided in reports here"),
    "usecookie": ("Y", "nobody is followed by a cookie here"),
}
WORDS = {
    "surveyls_url": "a survey ends on a page of its own here",
    "surveyls_attributecaptions": "what is known of who was invited is not asked for here",
}
# Tables that were read, or that hold the words and looks of what is told elsewhere.
READ = frozenset(
    {
        "surveys", "surveys_languagesettings", "groups", "group_l10ns", "questions",
        "question_l10ns", "subquestions", "answers", "answer_l10ns",
        "question_attributes", "defaultvalues", "defaultvalue_l10ns", "conditions",
        "quota_members", "quota_languagesettings", "themes", "themes_inherited",
    }
)  # fmt: skip
TABLES = {
    "quota": "nobody is turned away because enough others have answered here",
    "assessments": "answers are not added up to a score here",
    "survey_url_parameters": "no answer is taken from an address here",
    "plugin_settings": "it is for programs of LimeSurvey",
    "surveys_groupsettings": "it is for programs of LimeSurvey",
}


def tell_settings(file: Document, report: Report) -> None:
    """Settings, addresses and tables, each once."""
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
            why = TABLES.get(table, "there is nothing like it here")
            report.leave("the survey", f"the table {table} ({len(rows)} rows)", why)
