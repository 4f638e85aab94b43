"""What the codes in LimeSurvey's expressions refer to, in every way of writing them."""

import re
from collections.abc import Iterator

from survey.formats.limesurvey.expressions import OTHER, LimesurveyVariable
from survey.formats.limesurvey.records import (
    EVERYBODY,
    MOST_FIELDS,
    LimesurveyAnswer,
    LimesurveyQuestion,
    has_too_many_fields,
    is_checkbox_array,
)

FILTERS = ("array_filter", "array_filter_exclude")
TICKED = "OK"  # the value of a ticked box
ARRAYS = tuple("ABCEFH")
KINDS = frozenset("L!OMPFABCEH5NSTUDYGRX*|KQ;:1I")
HIDDEN = "it is never shown, so it is not asked here"
RUNNING = re.compile(r"(.*?)(\d+)")


def reason_not_asked(question: LimesurveyQuestion) -> str:
    """Why a question cannot be asked here; '' if it can."""
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
    if kind in ("F", "H", "1") and len(answers_on_scale(question, 0)) < 2:
        return "it has no answers to choose from"
    if kind == "1" and len(answers_on_scale(question, 1)) < 2:
        return "it has no answers to choose from"
    if kind in (";", ":") and not question.on_scale(1):
        return "it has no columns"
    if has_too_many_fields(question):
        return f"it has more than {MOST_FIELDS} fields"
    hidden = question.setting("hidden") == "1" and kind != "*"
    return HIDDEN if hidden else ""


def answers_on_scale(question: LimesurveyQuestion, scale: int) -> list[LimesurveyAnswer]:
    return [one for one in question.answers if one.scale == scale]


def is_five_point(question: LimesurveyQuestion) -> bool:
    """Whether an array is a five-point scale whose codes are consecutive numbers."""
    codes = [RUNNING.fullmatch(one.code) for one in question.answers]
    return (
        question.row.get("type") in ("A", "F", "H")
        and len(codes) == 5
        and bool(question.subs)
        # A grid asks every row of everybody, so one with filters or conditions is no grid here.
        and not any(any(question.attributes.get(name, {}).values()) for name in FILTERS)
        and all(sub.row.get("relevance", "") in EVERYBODY for sub in question.subs)
        and len({match and match[1] for match in codes}) == 1
        and [match and int(match[2]) - int(codes[0][2]) for match in codes] == [0, 1, 2, 3, 4]  # type: ignore[index]
    )


def other_option_name(question: LimesurveyQuestion) -> str:
    """The name of the free-text option: 'other', unless another option has that name."""
    taken = {one.option for one in question.answers} | {sub.name for sub in question.subs}
    return "other" if "other" not in taken else OTHER


def box_names(question: LimesurveyQuestion) -> list[str]:
    """The option names of a question with several answers."""
    found = [sub.name for sub in question.on_scale(0)]
    return [*found, other_option_name(question)] if question.other else found


def question_variables(question: LimesurveyQuestion) -> dict[str, LimesurveyVariable]:
    """The variables of a question, by the suffix that LimeSurvey adds to its code."""
    kind = question.row.get("type", "")
    own = f"${{{question.name}}}"
    found = {
        ending: LimesurveyVariable(f"${{{question.names[ending]}}}")
        for ending in ("other", "comment")
        if ending in question.names
    }
    if kind in ("M", "P"):
        return found | box_variables(question, own)
    if kind == "R":
        codes = {one.code: one.option for one in question.answers}
        return {
            str(place): LimesurveyVariable(f"selected-at({own}, {place - 1})", codes)
            for place in range(1, len(codes) + 1)
        }
    if kind in (*ARRAYS, "1", ";", ":", "K", "Q"):
        return dict(cell_variables(question))
    if kind in ("L", "!", "O", "Y", "G"):
        return found | {"": LimesurveyVariable(own, options_by_code(question))}
    # Equations are learnt where they are in the file, so that only later ones can use them.
    return {} if kind in ("X", "I", "*") else {"": LimesurveyVariable(own, dated=kind == "D")}


def options_by_code(question: LimesurveyQuestion, scale: int = 0) -> dict[str, str]:
    """The name here of each answer code."""
    answers = answers_on_scale(question, scale)
    if is_five_point(question):
        return {one.code: str(point) for point, one in enumerate(answers, 1)}
    if len(answers) == 1 and not question.other:
        return {answers[0].code: TICKED}
    codes = {one.code: one.option for one in answers}
    return codes | {OTHER: other_option_name(question)} if question.other else codes


def box_variables(question: LimesurveyQuestion, own: str) -> dict[str, LimesurveyVariable]:
    # A single box is a consent here, and its answer is OK.
    if len(box_names(question)) == 1:
        return {sub.code: LimesurveyVariable(own, {"Y": TICKED}) for sub in question.subs}
    return {sub.code: LimesurveyVariable(own, option=sub.name) for sub in question.on_scale(0)}


def cell_variables(question: LimesurveyQuestion) -> Iterator[tuple[str, LimesurveyVariable]]:
    """A variable for each row of an array, or for each of its fields."""
    kind = question.row.get("type", "")
    for ending, name in question.names.items():
        if ending and not (kind == "1" and ending in ("0", "1")):
            scale = int(ending.endswith("_1")) if kind == "1" else 0
            yield ending, LimesurveyVariable(f"${{{name}}}", options_by_code(question, scale))
    if is_checkbox_array(question):
        for row in question.on_scale(0):
            for column in question.on_scale(1):
                path = f"${{{question.names[row.code]}}}"
                yield f"{row.code}_{column.code}", LimesurveyVariable(path, option=column.name)


def variables_by_code(
    question: LimesurveyQuestion, found: dict[str, LimesurveyVariable]
) -> dict[str, LimesurveyVariable]:
    """The variables by each code for them: Q1_SQ1, 12X3X4SQ1, 12X3X4SQ1#0 (dual scale)."""
    row, known = question.row, {}
    fields = f"{row.get('sid', '')}X{row.get('gid', '')}X{question.id}"
    for ending, variable in found.items():
        known[f"{question.code}_{ending}" if ending else question.code] = variable
        scale = re.fullmatch(r"(.*)_([01])", ending) if row.get("type") == "1" else None
        known[fields + (f"{scale[1]}#{scale[2]}" if scale else ending)] = variable
    return known
