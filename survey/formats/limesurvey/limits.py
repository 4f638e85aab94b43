"""The validation rules of LimeSurvey questions, as limits and conditions of ours."""

import math
import re
from typing import Any

from survey.formats.limesurvey.context import LimesurveyContext
from survey.formats.limesurvey.expressions import (
    LimesurveyUnconvertible,
    LimesurveyVariable,
    whole_pattern,
    xpath_literal,
)
from survey.formats.limesurvey.records import LimesurveyQuestion
from survey.formats.limesurvey.variables import options_by_code
from survey.formats.limesurvey.words import plain_wording

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
