"""What the readers of LimeSurvey's questions share: expressions, words, defaults, the report."""

import re
from collections.abc import Iterable, Mapping

from survey.formats.instruments import Report
from survey.formats.limesurvey.records import EVERYBODY, Question
from survey.formats.limesurvey.scripting import converted
from survey.formats.limesurvey.tables import Document, Record, whole
from survey.formats.limesurvey.terms import Unconvertible, Variable
from survey.formats.limesurvey.variables import by_every_name, missing_of, variables_of
from survey.formats.limesurvey.words import fixed
from survey.instruments import Wording

EVERYONE_ASKED = "everyone is asked"
MOST_SHOWN = 2_000
PLAIN = re.compile(r"[A-Za-z0-9_]+|[0-9]+\.[0-9]+")


class Teller:
    """Knows the file and what its codes stand for, and tells what it cannot turn into ours."""

    def __init__(self, file: Document, report: Report, questions: Iterable[Question]) -> None:
        self.file = file
        self.report = report
        self.known: dict[str, Variable] = {}
        for question in questions:
            if not missing_of(question):
                self.learn(question, variables_of(question))
        self.conditions: dict[str, list[Record]] = {}
        for row in file.rows("conditions"):
            self.conditions.setdefault(row.get("qid", ""), []).append(row)
        self.defaults = {
            (row.get("qid", ""), row.get("sqid", "0") or "0", row.get("specialtype", "")): row
            for row in file.worded("defaultvalues", "defaultvalue")
        }

    def leave(self, question: Question, what: str, why: str) -> None:
        self.report.leave(question.where, what, why)

    def learn(self, question: Question, found: dict[str, Variable]) -> None:
        for code, variable in by_every_name(question, found).items():
            self.known.setdefault(code, variable)

    def english(self, question: Question, word: str) -> Wording:
        return fixed(word, self.file.languages, question.where, self.report)

    def by_language(self, texts: Mapping[str, str]) -> dict[str, str]:
        """The words of an attribute; those without a language are in the base one."""
        found = {code or self.file.languages[0]: text for code, text in texts.items()}
        return {code: text for code, text in found.items() if code in self.file.languages}

    def expression(
        self,
        written: str,
        question: Question,
        what: str,
        else_: str,
        own: Mapping[str, Variable] | None = None,
        *,
        test: bool = True,
    ) -> str:
        try:
            return converted(written, {**self.known, **(own or {})}, test=test)
        except Unconvertible as wrong:
            self.leave(question, f"{what} = {cut_short(written)}", f"{wrong}; {else_}")
            return ""

    def relevant(self, question: Question) -> str:
        """When it is asked: by its expression, or by the older conditions that say the same."""
        written = question.row.get("relevance", "").strip()
        rows = self.conditions.get(question.id, [])
        if written not in EVERYBODY:
            return self.expression(written, question, "relevance", EVERYONE_ASKED)
        if not rows:
            return ""
        return self.expression(
            as_expression(rows, self.known), question, "conditions", EVERYONE_ASKED
        )

    def row_relevant(self, question: Question, row: Question) -> str:
        """When a row is asked: by its own expression, and by what was answered before to its like.

        A row that the other question has not is asked whatever was answered there.
        """
        found = [one for one in [self.relevant(row)] if one]
        for name, test in (("array_filter", "!is_empty"), ("array_filter_exclude", "is_empty")):
            for code in re.split(r"[;,\s]+", question.setting(name)):
                if f"{code}_{row.code}" in self.known:
                    found.append(converted(f"{test}({code}_{row.code}.NAOK)", self.known))
        return found[0] if len(found) == 1 else " and ".join(f"({one})" for one in found)

    def group_relevant(self, row: Record, where: str) -> str:
        written = row.get("grelevance", "").strip()
        if written in EVERYBODY:
            return ""
        try:
            return converted(written, self.known)
        except Unconvertible as wrong:
            self.report.leave(
                where, f"relevance = {cut_short(written)}", f"{wrong}; {EVERYONE_ASKED}"
            )
            return ""

    def default(self, question: Question, sub: str = "0", special: str = "") -> str:
        """What stands in a field before anybody answers, in the base language."""
        row = self.defaults.get((question.id, sub, special), {})
        words: Wording = self.file.wording(row, "defaultvalue") if row else {}
        text = next(iter(words.values()), "") or row.get("defaultvalue", "")
        if text and not PLAIN.fullmatch(text):
            self.leave(question, f"the default {text}", "only one word or number is carried")
            return ""
        return text


def cut_short(written: str) -> str:
    return written if len(written) <= MOST_SHOWN else f"{written[:MOST_SHOWN]}…"


def as_expression(rows: list[Record], known: Mapping[str, Variable]) -> str:
    """Conditions as an expression: of one field any, of several all, of scenarios any."""
    scenarios: dict[int, dict[str, list[str]]] = {}
    for row in rows:
        scenario = scenarios.setdefault(whole(row.get("scenario", "1")), {})
        about = f"{row.get('cqid', '')} {row.get('cfieldname', '')}"
        scenario.setdefault(about, []).append(as_test(row, known))
    return " or ".join(
        "(" + " and ".join("(" + " or ".join(tests) + ")" for tests in scenario.values()) + ")"
        for scenario in scenarios.values()
    )


def as_test(row: Record, known: Mapping[str, Variable]) -> str:
    """One condition; a box without '+' before its field is named by the value, ' ' is no answer."""
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
