"""What the codes in LimeSurvey's expressions stand for, by every way of writing them."""

import re
from collections.abc import Iterator

from survey.formats.limesurvey.records import (
    EVERYBODY,
    MOST_FIELDS,
    Answer,
    Question,
    is_huge,
    ticked,
)
from survey.formats.limesurvey.terms import OTHER, Variable

FILTERS = ("array_filter", "array_filter_exclude")
TICKED = "OK"  # what a single box comes to
ARRAYS = tuple("ABCEFH")
KINDS = frozenset("L!OMPFABCEH5NSTUDYGRX*|KQ;:1I")
HIDDEN = "it is never shown, so it is not asked here"
RUNNING = re.compile(r"(.*?)(\d+)")


def missing_of(question: Question) -> str:
    """Why a question cannot be asked here; '' where it can."""
    kind = question.row.get("type", "")
    if kind not in KINDS:
        return f"there is no such type here ({kind})" if kind else "it has no type"
    if kind == "I":
        return "every page lets a person change the language here"
    if kind in ("L", "!", "O") and not question.answers:
        return "it has no answers to choose from"
    if kind == "R" and len(question.answers) < 2:
        return "it has no answers to put in order"
    if kind in (*ARRAYS, "1", "M", "P", "K", "Q", ";", ":") and not question.on_scale(0):
        return "it has no rows or options"
    if kind in ("F", "H", "1") and len(scale_of(question, 0)) < 2:
        return "it has no answers to choose from"
    if kind == "1" and len(scale_of(question, 1)) < 2:
        return "it has no answers to choose from"
    if kind in (";", ":") and not question.on_scale(1):
        return "it has no columns"
    if is_huge(question):
        return f"it has more than {MOST_FIELDS} fields"
    hidden = question.setting("hidden") == "1" and kind != "*"
    return HIDDEN if hidden else ""


def scale_of(question: Question, scale: int) -> list[Answer]:
    return [one for one in question.answers if one.scale == scale]


def is_scale(question: Question) -> bool:
    """Whether an array is a table of five points, whose codes run up one by one."""
    codes = [RUNNING.fullmatch(one.code) for one in question.answers]
    return (
        question.row.get("type") in ("A", "F", "H")
        and len(codes) == 5
        and bool(question.subs)
        and not any(any(question.attributes.get(name, {}).values()) for name in FILTERS)
        and all(sub.row.get("relevance", "") in EVERYBODY for sub in question.subs)
        and len({match and match[1] for match in codes}) == 1
        and [match and int(match[2]) - int(codes[0][2]) for match in codes] == [0, 1, 2, 3, 4]  # type: ignore[index]
    )


def option_of_other(question: Question) -> str:
    """'other' is what the answer in one's own words is called, unless another one is."""
    taken = {one.option for one in question.answers} | {sub.name for sub in question.subs}
    return "other" if "other" not in taken else OTHER


def boxes_of(question: Question) -> list[str]:
    """The options of a question with several answers."""
    found = [sub.name for sub in question.on_scale(0)]
    return [*found, option_of_other(question)] if question.other else found


def variables_of(question: Question) -> dict[str, Variable]:
    """By what LimeSurvey puts behind the code of the question, as it writes that in names."""
    kind = question.row.get("type", "")
    own = f"${{{question.name}}}"
    found = {
        ending: Variable(f"${{{question.names[ending]}}}")
        for ending in ("other", "comment")
        if ending in question.names
    }
    if kind in ("M", "P"):
        return found | boxes(question, own)
    if kind == "R":
        codes = {one.code: one.option for one in question.answers}
        return {
            str(place): Variable(f"selected-at({own}, {place - 1})", codes)
            for place in range(1, len(codes) + 1)
        }
    if kind in (*ARRAYS, "1", ";", ":", "K", "Q"):
        return dict(cells(question))
    if kind in ("L", "!", "O", "Y", "G"):
        return found | {"": Variable(own, codes_of(question))}
    return {} if kind in ("X", "I", "*") else {"": Variable(own, dated=kind == "D")}


def codes_of(question: Question, scale: int = 0) -> dict[str, str]:
    """Each code of an answer, and what it is called here."""
    answers = scale_of(question, scale)
    if is_scale(question):
        return {one.code: str(point) for point, one in enumerate(answers, 1)}
    if len(answers) == 1 and not question.other:
        return {answers[0].code: TICKED}
    codes = {one.code: one.option for one in answers}
    return codes | {OTHER: option_of_other(question)} if question.other else codes


def boxes(question: Question, own: str) -> dict[str, Variable]:
    if len(boxes_of(question)) == 1:
        return {sub.code: Variable(own, {"Y": TICKED}) for sub in question.subs}
    return {sub.code: Variable(own, option=sub.name) for sub in question.on_scale(0)}


def cells(question: Question) -> Iterator[tuple[str, Variable]]:
    """One for each row of an array, or for each of its fields."""
    kind = question.row.get("type", "")
    for ending, name in question.names.items():
        if ending and not (kind == "1" and ending in ("0", "1")):
            scale = int(ending.endswith("_1")) if kind == "1" else 0
            yield ending, Variable(f"${{{name}}}", codes_of(question, scale))
    if ticked(question):
        for row in question.on_scale(0):
            for column in question.on_scale(1):
                path = f"${{{question.names[row.code]}}}"
                yield f"{row.code}_{column.code}", Variable(path, option=column.name)


def by_every_name(question: Question, found: dict[str, Variable]) -> dict[str, Variable]:
    """As expressions write them: Q1_SQ1, 12X3X4SQ1, and 12X3X4SQ1#0 for a second scale."""
    row, known = question.row, {}
    fields = f"{row.get('sid', '')}X{row.get('gid', '')}X{question.id}"
    for ending, variable in found.items():
        known[f"{question.code}_{ending}" if ending else question.code] = variable
        scale = re.fullmatch(r"(.*)_([01])", ending) if row.get("type") == "1" else None
        known[fields + (f"{scale[1]}#{scale[2]}" if scale else ending)] = variable
    return known
