"""Stored answers have one door: survey/store/answers finds, counts, exports and erases them.

How long answers are kept, what somebody may see of theirs, and an inbox have one place to hold to.
"""

import re

from tests.house.test_house import code_strings, relative_name
from tests.house.trees import ROOT

STORE = ROOT / "survey" / "store"
TABLES = ("responses", "held_answers", "request_marks", "uploaded_answers", "answer_flags")
TABLES += ("attachments", "survey_erasures", "answer_counts", "week_counts", "answer_sums")
NAMED = re.compile(
    rf"\b(?:FROM|JOIN|INTO|UPDATE|USING|TABLE)\s+(?:ONLY\s+)?({'|'.join(TABLES)})\b"
    rf"|^({'|'.join(TABLES)})$"
)
OUTSIDE = {
    "survey/store/accounts/programs.py": (
        "responses",
        "tells webhooks of each new answer: its id and hour, in the statement that adds messages",
    ),
    "survey/store/cases/sealed_words.py": (
        "attachments",
        "encrypts the files of cases, which are in the same table as those of answers",
    ),
    "survey/store/cases/transcripts.py": (
        "attachments",
        "writes down the sounds of cases, which are in the same table as those of answers",
    ),
    "survey/store/themes/double_coding.py": (
        "responses",
        "looks for quarters with texts, over answers and complaints, quarter by quarter",
    ),
    "survey/store/places.py": (
        "responses",
        "asks whether the database holds anything at all, in four tables",
    ),
    "survey/store/surveys/fieldwork.py": (
        "responses",
        "forgets which points answers came from, by the surveys that these are of",
    ),
}
"""Modules that name one of the tables, which one, and why not through the door."""


def tables_named_by(file):
    """The tables of answers that the SQL of a module names."""
    return {
        one or other for text in code_strings(file) for one, other in NAMED.findall(text.strip())
    }


def test_no_other_module_of_the_store_names_the_tables_of_answers():
    door = STORE / "answers"
    outside = {
        relative_name(file): tables
        for file in sorted(STORE.rglob("*.py"))
        if door not in file.parents and (tables := tables_named_by(file))
    }
    assert outside == {name: {table} for name, (table, _) in OUTSIDE.items()}


def test_the_door_names_every_one_of_them():
    named = {table for file in (STORE / "answers").glob("*.py") for table in tables_named_by(file)}
    assert named == {*TABLES}
