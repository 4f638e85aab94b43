"""What all converters of LimeSurvey questions share: expressions, texts, defaults, the report."""

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from survey.formats.instruments import ImportReport
from survey.formats.limesurvey.expressions import (
    LimesurveyUnconvertible,
    LimesurveyVariable,
    to_xpath,
    whole_pattern,
    xpath_literal,
)
from survey.formats.limesurvey.outline import (
    options_by_code,
    question_variables,
    reason_not_asked,
    variables_by_code,
)
from survey.formats.limesurvey.records import (
    EVERYBODY,
    LimesurveyFile,
    LimesurveyQuestion,
    Record,
    fixed_wording,
    plain_wording,
    to_integer,
)
from survey.surveys.instruments import Wording

EVERYONE_ASKED = "everyone is asked"
MOST_SHOWN = 2_000
PLAIN = re.compile(r"[A-Za-z0-9_]+|[0-9]+\.[0-9]+")


class LimesurveyContext:
    """Knows the file and the variables in it, and reports what cannot be converted."""

    def __init__(
        self, file: LimesurveyFile, report: ImportReport, questions: Iterable[LimesurveyQuestion]
    ) -> None:
        self.file = file
        self.report = report
        self.known: dict[str, LimesurveyVariable] = {}
        for question in questions:
            if not reason_not_asked(question):
                self.learn(question, question_variables(question))
        self.conditions: dict[str, list[Record]] = {}
        for row in file.rows("conditions"):
            self.conditions.setdefault(row.get("qid", ""), []).append(row)
        self.defaults = {
            (row.get("qid", ""), row.get("sqid", "0") or "0", row.get("specialtype", "")): row
            for row in file.records_with_texts("defaultvalues", "defaultvalue")
        }

    def leave(self, question: LimesurveyQuestion, what: str, why: str) -> None:
        self.report.leave(question.where, what, why)

    def learn(self, question: LimesurveyQuestion, found: dict[str, LimesurveyVariable]) -> None:
        for code, variable in variables_by_code(question, found).items():
            # The first keeps its code, as names do where several want the same.
            self.known.setdefault(code, variable)

    def english(self, question: LimesurveyQuestion, word: str) -> Wording:
        return fixed_wording(word, self.file.languages, question.where, self.report)

    def by_language(self, texts: Mapping[str, str]) -> dict[str, str]:
        """The texts of an attribute by language; one without a language is in the base language."""
        found = {code or self.file.languages[0]: text for code, text in texts.items()}
        return {code: text for code, text in found.items() if code in self.file.languages}

    def expression(
        self,
        written: str,
        question: LimesurveyQuestion,
        what: str,
        else_: str,
        own: Mapping[str, LimesurveyVariable] | None = None,
        *,
        test: bool = True,
    ) -> str:
        try:
            return to_xpath(written, {**self.known, **(own or {})}, test=test)
        except LimesurveyUnconvertible as wrong:
            self.leave(question, f"{what} = {shortened_text(written)}", f"{wrong}; {else_}")
            return ""

    def relevant(self, question: LimesurveyQuestion) -> str:
        """The condition for asking a question: its relevance, or older-style conditions."""
        written = question.row.get("relevance", "").strip()
        rows = self.conditions.get(question.id, [])
        # Newer versions write conditions into the relevance too, so only one of them counts.
        if written not in EVERYBODY:
            return self.expression(written, question, "relevance", EVERYONE_ASKED)
        if not rows:
            return ""
        return self.expression(
            conditions_expression(rows, self.known), question, "conditions", EVERYONE_ASKED
        )

    def row_relevant(self, question: LimesurveyQuestion, row: LimesurveyQuestion) -> str:
        """The condition for asking a row: its own, and any array filters of the question.

        A row that has no counterpart in the filtering question is always asked.
        """
        found = [one for one in [self.relevant(row)] if one]
        for name, test in (("array_filter", "!is_empty"), ("array_filter_exclude", "is_empty")):
            for code in re.split(r"[;,\s]+", question.setting(name)):
                if f"{code}_{row.code}" in self.known:
                    found.append(to_xpath(f"{test}({code}_{row.code}.NAOK)", self.known))
        return found[0] if len(found) == 1 else " and ".join(f"({one})" for one in found)

    def group_relevant(self, row: Record, where: str) -> str:
        written = row.get("grelevance", "").strip()
        if written in EVERYBODY:
            return ""
        try:
            return to_xpath(written, self.known)
        except LimesurveyUnconvertible as wrong:
            self.report.leave(
                where, f"relevance = {shortened_text(written)}", f"{wrong}; {EVERYONE_ASKED}"
            )
            return ""

    def default(self, question: LimesurveyQuestion, sub: str = "0", special: str = "") -> str:
        """The default value, in the base language."""
        row = self.defaults.get((question.id, sub, special), {})
        words: Wording = self.file.wording(row, "defaultvalue") if row else {}
        text = next(iter(words.values()), "") or row.get("defaultvalue", "")
        if text and not PLAIN.fullmatch(text):
            self.leave(question, f"the default {text}", "only one word or number is carried")
            return ""
        return text


def shortened_text(written: str) -> str:
    return written if len(written) <= MOST_SHOWN else f"{written[:MOST_SHOWN]}…"


def conditions_expression(rows: list[Record], known: Mapping[str, LimesurveyVariable]) -> str:
    """Conditions as one expression: any test of a field, all fields of a scenario.

    Any one scenario is enough.
    """
    scenarios: dict[int, dict[str, list[str]]] = {}
    for row in rows:
        scenario = scenarios.setdefault(to_integer(row.get("scenario", "1")), {})
        about = f"{row.get('cqid', '')} {row.get('cfieldname', '')}"
        scenario.setdefault(about, []).append(condition_test(row, known))
    return " or ".join(
        "(" + " and ".join("(" + " or ".join(tests) + ")" for tests in scenario.values()) + ")"
        for scenario in scenarios.values()
    )


def condition_test(row: Record, known: Mapping[str, LimesurveyVariable]) -> str:
    """One condition; the value ' ' means no answer.

    If the field alone is unknown but field and value together name a check box, that is tested.
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


NUMBER = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,9})?")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
FREE = "any answer of its type may be given"


def all_conditions(*conditions: str) -> str:
    """Several conditions joined by 'and'; empty ones are ignored."""
    given = [one for one in conditions if one]
    return given[0] if len(given) == 1 else " and ".join(f"({one})" for one in given)


def validation_fields(
    question: LimesurveyQuestion, context: LimesurveyContext, *, single: bool = True
) -> dict[str, Any]:
    """The constraint and message of a question, from its pattern and validation equations."""
    found = [pattern_condition(question, context)]
    here = LimesurveyVariable(".", options_by_code(question))
    own = {"this": here, "self": here, question.code: here}
    for name in ("em_validation_q", "em_validation_sq"):
        written = question.setting(name)
        # It compares several answers, and a rule here is about one.
        if written and not single and name == "em_validation_q":
            context.leave(question, f"{name} = {written}", f"it is about several answers; {FREE}")
        elif written:
            found.append(context.expression(written, question, name, FREE, own))
    tips = question.words("em_validation_q_tip") or question.words("em_validation_sq_tip")
    constraint = all_conditions(*found)
    if not constraint:
        return {}
    message = context.by_language(tips)
    return {
        "constraint": constraint,
        "constraint_message": plain_wording(message, question.where, context.report),
    }


def pattern_condition(question: LimesurveyQuestion, context: LimesurveyContext) -> str:
    written = question.row.get("preg", "")
    if not written:
        return ""
    try:
        return f"regex(., {xpath_literal(whole_pattern(written))})"
    except LimesurveyUnconvertible as wrong:
        context.leave(question, f"the pattern {written}", f"{wrong}; {FREE}")
        return ""


def limit_or_condition(
    question: LimesurveyQuestion, context: LimesurveyContext, sign: str, name: str
) -> tuple[float | None, str]:
    """A limit as a number, or as a condition where it is an expression."""
    written = question.setting(name)
    if not written:
        return None, ""
    if NUMBER.fullmatch(written):
        return float(written), ""
    found = context.expression(written, question, name, FREE, test=False)
    return None, f". {sign} ({found})" if found else ""


def fixed_limit(
    question: LimesurveyQuestion, context: LimesurveyContext, name: str
) -> float | None:
    """A limit that has to be a number; None, with a line in the report, if it is not."""
    written = question.setting(name)
    if NUMBER.fullmatch(written):
        return float(written)
    if written:
        context.leave(question, f"{name} = {written}", f"it is not a number; {FREE}")
    return None


def number_fields(
    question: LimesurveyQuestion, context: LimesurveyContext, rules: dict[str, Any]
) -> dict[str, Any]:
    """The fields of a number question: integer or decimal, and its limits."""
    least, from_least = limit_or_condition(question, context, ">=", "min_num_value_n")
    most, to_most = limit_or_condition(question, context, "<=", "max_num_value_n")
    limits = all_conditions(from_least, to_most, rules.get("constraint", ""))
    found: dict[str, Any] = rules | ({"constraint": limits} if limits else {})
    if question.is_on("num_value_int_only"):
        ends = {
            # Rounded inwards: from 0.5 on means from 1 on where only whole numbers may be given.
            "least": None if least is None else math.ceil(least),
            "most": None if most is None else math.floor(most),
        }
        return found | {"type": "whole"} | ends
    return found | {"type": "decimal", "least": least, "most": most}


def text_fields(question: LimesurveyQuestion, *, long: bool) -> dict[str, Any]:
    most = question.whole("maximum_chars")
    return {"type": "text", "long": long} | ({"most": most} if most and most > 0 else {})


def choice_count_fields(
    question: LimesurveyQuestion, context: LimesurveyContext, options: int
) -> dict[str, Any]:
    """The fields for how many options may be chosen, and which one excludes all others."""
    found: list[str] = []
    least, from_least = limit_or_condition(question, context, ">=", "min_answers")
    most, to_most = limit_or_condition(question, context, "<=", "max_answers")
    if least and least > 0:
        found.append(f"count-selected(.) >= {int(least)}")
    # Only the first '.' is the answer; any other belongs to the expression of the limit.
    found += [one.replace(".", "count-selected(.)", 1) for one in (from_least, to_most) if one]
    alone = [one for one in re.split(r"[;,\s]+", question.setting("exclude_all_others")) if one]
    names = {sub.code: sub.name for sub in question.subs}
    for code in alone:
        if code in names:
            chosen = f"selected(., {xpath_literal(names[code])})"
            found.append(f"not({chosen}) or count-selected(.) = 1")
        else:
            context.leave(question, f"exclude_all_others = {code}", "there is no such answer")
    # A limit that allows every option limits nothing.
    fixed = {"most": int(most)} if most and 0 < most < options else {}
    return fixed | ({"constraint": all_conditions(*found)} if found else {})


def date_condition(question: LimesurveyQuestion, context: LimesurveyContext, kind: str) -> str:
    """The condition for the dates that are allowed."""
    found = []
    for name, sign, edge in (("date_min", ">=", "-01-01"), ("date_max", "<=", "-12-31")):
        written = question.setting(name)
        day = written + edge if re.fullmatch(r"[0-9]{4}", written) else written[:10]
        if DAY.fullmatch(day) and kind != "time":
            found.append(f". {sign} date('{day}')")
        elif written:
            context.leave(question, f"{name} = {written}", f"it is not a date; {FREE}")
    return all_conditions(*found)
