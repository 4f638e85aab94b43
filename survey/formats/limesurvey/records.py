"""The groups, questions and answers of a LimeSurvey file, whichever version wrote it."""

import re
from collections.abc import Iterable

import msgspec

from survey.formats.limesurvey.tables import Record
from survey.surveys.instruments import Option, Wording

# LimeSurvey writes '1' as the condition of what is always asked.
EVERYBODY = ("", "1")
MOST_FIELDS = 1_000  # of one array


class LimesurveyAnswer(msgspec.Struct):
    """One option of a question; `option` is its name here."""

    code: str
    text: Wording
    option: str
    scale: int = 0


class LimesurveyQuestion(msgspec.Struct):
    """A question or subquestion; `names` are the names of everything it asks, by their suffix.

    '' is the question itself, 'other' and 'comment' the text fields next to it.
    """

    id: str
    code: str
    row: Record
    where: str
    text: Wording
    hint: Wording
    attributes: dict[str, dict[str, str]]
    scale: int = 0
    subs: list["LimesurveyQuestion"] = []
    answers: list[LimesurveyAnswer] = []
    names: dict[str, str] = {}
    taken: set[str] = set()

    def setting(self, name: str) -> str:
        """The value of an attribute; reading it counts the attribute as imported."""
        self.taken.add(name)
        return next((text for text in self.attributes.get(name, {}).values() if text), "")

    def words(self, name: str) -> dict[str, str]:
        """The value of an attribute in each language; reading it counts the attribute as
        imported.
        """
        self.taken.add(name)
        return {code: text for code, text in self.attributes.get(name, {}).items() if text}

    def whole(self, name: str) -> int | None:
        text = self.setting(name)
        return int(text) if re.fullmatch(r"-?[0-9]{1,9}", text) else None

    def is_on(self, name: str) -> bool:
        return self.setting(name) in ("1", "Y")

    @property
    def name(self) -> str:
        return self.names[""]

    @property
    def other(self) -> bool:
        return self.row.get("other") == "Y"

    def on_scale(self, scale: int) -> list["LimesurveyQuestion"]:
        return [sub for sub in self.subs if sub.scale == scale]


class LimesurveyGroup(msgspec.Struct):
    id: str
    row: Record
    where: str
    name: str
    text: Wording
    description: Wording
    questions: list[LimesurveyQuestion] = []


def name_endings(question: LimesurveyQuestion) -> list[str]:
    """The suffixes that LimeSurvey adds to a question's code for each thing it asks."""
    kind, rows = question.row.get("type", ""), [sub.code for sub in question.on_scale(0)]
    found: list[str] = []
    if kind == "O":
        found.append("comment")
    if kind in ("L", "!", "M", "P") and question.other:
        found.append("other")
    if kind in tuple("FABCEHKQ"):
        found += rows
    if kind == "1":
        found += [f"{row}_{scale}" for scale in (0, 1) for row in rows]
        found += ["0", "1"]
    if kind in (";", ":"):
        # A file of a few kilobytes can declare a table of a million cells, each with a name.
        columns = (
            [] if has_too_many_fields(question) else [sub.code for sub in question.on_scale(1)]
        )
        pairs = [f"{row}_{column}" for row in rows for column in columns]
        found += rows if is_checkbox_array(question) else pairs
    # Two rows of a broken file may have one code.
    return list(dict.fromkeys(found))


def has_too_many_fields(question: LimesurveyQuestion) -> bool:
    return len(question.on_scale(0)) * len(question.on_scale(1)) > MOST_FIELDS


def is_checkbox_array(question: LimesurveyQuestion) -> bool:
    """Whether an array of numbers shows check boxes."""
    return question.row.get("type") == ":" and question.is_on("multiflexible_checkbox")


def to_options(answers: Iterable[LimesurveyAnswer]) -> tuple[Option, ...]:
    return tuple(Option(one.option, one.text) for one in answers)
