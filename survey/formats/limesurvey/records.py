"""The groups, questions and answers of a LimeSurvey file, with what each says of itself."""

import re
from collections.abc import Iterable, Mapping

import msgspec

from survey.formats.foreign import ImportReport, Unconvertible, all_conditions
from survey.formats.limesurvey import tables
from survey.formats.limesurvey.expressions import LimesurveyVariable, to_xpath
from survey.surveys.instruments import Option, Wording

# LimeSurvey writes '1' as the condition of what is always asked.
EVERYBODY = ("", "1")
MOST_FIELDS = 1_000  # of one array
EVERYONE_ASKED = "everyone is asked"
MOST_SHOWN = 2_000
PLAIN = re.compile(r"[A-Za-z0-9_]+|[0-9]+\.[0-9]+")


class LimesurveyContext:
    """A file and the variables in it, and the report of what cannot be converted."""

    def __init__(self, file: tables.LimesurveyFile, report: ImportReport) -> None:
        self.file = file
        self.report = report
        self.known: dict[str, LimesurveyVariable] = {}
        self.conditions: dict[str, list[tables.Record]] = {}
        self.defaults: dict[tuple[str, str, str], tables.Record] = {}

    def read_rules(self) -> None:
        """Read the conditions and default values of all questions."""
        for row in self.file.rows("conditions"):
            self.conditions.setdefault(row.get("qid", ""), []).append(row)
        self.defaults = {
            (row.get("qid", ""), row.get("sqid", "0") or "0", row.get("specialtype", "")): row
            for row in self.file.records_with_texts("defaultvalues", "defaultvalue")
        }

    def convert(
        self,
        written: str,
        where: str,
        what: str,
        else_: str,
        own: Mapping[str, LimesurveyVariable] = {},
        *,
        test: bool = True,
    ) -> str:
        """An expression as XPath; if it cannot be converted, that is reported and the result is
        ''.
        """
        try:
            return to_xpath(written, {**self.known, **own}, test=test)
        except Unconvertible as wrong:
            shown = written if len(written) <= MOST_SHOWN else f"{written[:MOST_SHOWN]}…"
            self.report.leave(where, f"{what} = {shown}", f"{wrong}; {else_}")
            return ""


class LimesurveyAnswer(msgspec.Struct):
    """One option of a question; `option` is its name in our survey."""

    code: str
    text: Wording
    option: str
    scale: int = 0


class LimesurveyQuestion(msgspec.Struct):
    """A question or subquestion; `names` are the names of everything it asks, by suffix.

    The suffix '' stands for the question itself, 'other' and 'comment' for the text fields next to
    it.
    """

    context: LimesurveyContext
    id: str
    code: str
    row: tables.Record
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

    def leave(self, what: str, why: str) -> None:
        self.context.report.leave(self.where, what, why)

    def english(self, word: str) -> Wording:
        context = self.context
        return tables.fixed_wording(word, context.file.languages, self.where, context.report)

    def wording(self, texts: Mapping[str, str]) -> Wording:
        """The plain texts of an attribute; a text without a language counts as the base
        language's.
        """
        languages = self.context.file.languages
        said = {code or languages[0]: text for code, text in texts.items()}
        known = {code: text for code, text in said.items() if code in languages}
        return tables.plain_wording(known, self.where, self.context.report)

    def expression(
        self,
        written: str,
        what: str,
        else_: str,
        own: Mapping[str, LimesurveyVariable] = {},
        *,
        test: bool = True,
    ) -> str:
        return self.context.convert(written, self.where, what, else_, own, test=test)

    def relevant(self) -> str:
        """The condition for asking a question: its relevance equation, or conditions of the older
        style.
        """
        written = self.row.get("relevance", "").strip()
        # Newer versions write conditions into the relevance too, so only one of them counts.
        if written not in EVERYBODY:
            return self.expression(written, "relevance", EVERYONE_ASKED)
        if rows := self.context.conditions.get(self.id, []):
            scenarios: dict[int, dict[str, list[str]]] = {}
            for row in rows:
                scenario = scenarios.setdefault(tables.to_integer(row.get("scenario", "1")), {})
                about = f"{row.get('cqid', '')} {row.get('cfieldname', '')}"
                scenario.setdefault(about, []).append(condition_test(row, self.context.known))
            written = " or ".join(
                "("
                + " and ".join("(" + " or ".join(tests) + ")" for tests in scenario.values())
                + ")"
                for scenario in scenarios.values()
            )
            return self.expression(written, "conditions", EVERYONE_ASKED)
        return ""

    def row_relevant(self, row: "LimesurveyQuestion") -> str:
        """The condition for asking a row: its own, and any array filters of the question.

        A row that has no counterpart in the filtering question is always asked.
        """
        known, conditions = self.context.known, [row.relevant()]
        for name, test in (("array_filter", "!is_empty"), ("array_filter_exclude", "is_empty")):
            for code in re.split(r"[;,\s]+", self.setting(name)):
                if f"{code}_{row.code}" in known:
                    conditions.append(to_xpath(f"{test}({code}_{row.code}.NAOK)", known))
        return all_conditions(*conditions)

    def default(self, sub: str = "0", special: str = "") -> str:
        """The default value, in the base language."""
        row = self.context.defaults.get((self.id, sub, special), {})
        words: Wording = self.context.file.wording(row, "defaultvalue") if row else {}
        text = next(iter(words.values()), "") or row.get("defaultvalue", "")
        if text and not PLAIN.fullmatch(text):
            self.leave(f"the default {text}", "only one word or number is carried")
            return ""
        return text


class LimesurveyGroup(msgspec.Struct):
    id: str
    row: tables.Record
    where: str
    name: str
    text: Wording
    description: Wording
    questions: list[LimesurveyQuestion] = []


def name_endings(question: LimesurveyQuestion) -> list[str]:
    """The suffixes that LimeSurvey adds to a question's code, one for each thing the question
    asks.
    """
    kind, rows = question.row.get("type", ""), [sub.code for sub in question.on_scale(0)]
    endings: list[str] = []
    if kind == "O":
        endings.append("comment")
    if kind in ("L", "!", "M", "P") and question.other:
        endings.append("other")
    if kind in tuple("FABCEHKQ"):
        endings += rows
    if kind == "1":
        endings += [f"{row}_{scale}" for scale in (0, 1) for row in rows]
        endings += ["0", "1"]
    if kind in (";", ":"):
        # A file of a few kilobytes can declare a table of a million cells, each with a name.
        columns = (
            [] if has_too_many_fields(question) else [sub.code for sub in question.on_scale(1)]
        )
        pairs = [f"{row}_{column}" for row in rows for column in columns]
        endings += rows if is_checkbox_array(question) else pairs
    # Two rows of a broken file may have one code.
    return list(dict.fromkeys(endings))


def has_too_many_fields(question: LimesurveyQuestion) -> bool:
    return len(question.on_scale(0)) * len(question.on_scale(1)) > MOST_FIELDS


def is_checkbox_array(question: LimesurveyQuestion) -> bool:
    """Whether an array of numbers shows check boxes."""
    return question.row.get("type") == ":" and question.is_on("multiflexible_checkbox")


def to_options(answers: Iterable[LimesurveyAnswer]) -> tuple[Option, ...]:
    return tuple(Option(answer.option, answer.text) for answer in answers)


def condition_test(row: tables.Record, known: Mapping[str, LimesurveyVariable]) -> str:
    """One condition as an expression; the value ' ' means no answer.

    If no field has this name but field and value together name a check box, that box is tested.
    """
    # LimeSurvey puts '+' before the field of a check box, and braces around what is not an answer.
    field, value = row.get("cfieldname", "").lstrip("+").strip("{}"), row.get("value", "").strip()
    if field not in known and f"{field}{value}" in known:
        return f"{field}{value}.NAOK == 'Y'"
    method = row.get("method", "").strip() or "=="
    if other := re.fullmatch(r"@(.+)@|\{(.+)\}", value):
        return f"{field}.NAOK {method} {other[1] or other[2]}"
    said = '"' + re.sub(r'(["\\])', r"\\\1", value) + '"'
    if method == "RX":
        slashed = said if re.fullmatch("/.*/", value) else f'"/{said[1:-1]}/"'
        return f"regexMatch({slashed}, {field}.NAOK)"
    return f"{field}.NAOK {method} {said}"
