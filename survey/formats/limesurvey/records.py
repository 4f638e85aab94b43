"""The groups, questions and answers of a LimeSurvey file, whichever version wrote it."""

import re
from collections.abc import Iterable

import msgspec

from survey.formats.limesurvey.tables import Record
from survey.instruments import Option, Wording

EVERYBODY = ("", "1")
MOST_FIELDS = 1_000  # of one array


class Answer(msgspec.Struct):
    """One answer that a question offers; `option` is what it is called here."""

    code: str
    text: Wording
    option: str
    scale: int = 0


class Question(msgspec.Struct):
    """A question, or a subquestion of one; `names` are those of all it asks, by their endings.

    '' stands for the question itself, 'other' and 'comment' for the texts beside it.
    """

    id: str
    code: str
    row: Record
    where: str
    text: Wording
    hint: Wording
    attributes: dict[str, dict[str, str]]
    scale: int = 0
    subs: list["Question"] = []
    answers: list[Answer] = []
    names: dict[str, str] = {}
    taken: set[str] = set()

    def setting(self, name: str) -> str:
        """An attribute, which counts as carried from now on."""
        self.taken.add(name)
        return next((text for text in self.attributes.get(name, {}).values() if text), "")

    def words(self, name: str) -> dict[str, str]:
        """An attribute that is said in every language."""
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

    def on_scale(self, scale: int) -> list["Question"]:
        return [sub for sub in self.subs if sub.scale == scale]


class Group(msgspec.Struct):
    id: str
    row: Record
    where: str
    name: str
    text: Wording
    description: Wording
    questions: list[Question] = []


def endings(question: Question) -> list[str]:
    """What LimeSurvey puts behind a question's code for each thing that it asks."""
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
        columns = [] if is_huge(question) else [sub.code for sub in question.on_scale(1)]
        pairs = [f"{row}_{column}" for row in rows for column in columns]
        found += rows if ticked(question) else pairs
    return list(dict.fromkeys(found))


def is_huge(question: Question) -> bool:
    return len(question.on_scale(0)) * len(question.on_scale(1)) > MOST_FIELDS


def ticked(question: Question) -> bool:
    """Whether an array of numbers is one of boxes to tick."""
    return question.row.get("type") == ":" and question.is_on("multiflexible_checkbox")


def options_of(answers: Iterable[Answer]) -> tuple[Option, ...]:
    return tuple(Option(one.option, one.text) for one in answers)
