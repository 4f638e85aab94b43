"""The groups and questions of a LimeSurvey file in order, and what its expressions call them."""

import re
from collections.abc import Iterable, Iterator

from survey.formats.foreign import RESERVED, FreeNames, ImportReport
from survey.formats.limesurvey.expressions import OTHER, LimesurveyVariable
from survey.formats.limesurvey.records import (
    EVERYBODY,
    MOST_FIELDS,
    LimesurveyAnswer,
    LimesurveyContext,
    LimesurveyGroup,
    LimesurveyQuestion,
    has_too_many_fields,
    is_checkbox_array,
    name_endings,
)
from survey.formats.limesurvey.tables import (
    FIXED,
    Record,
    fixed_wording,
    plain_wording,
    to_integer,
    wording_from_code,
)
from survey.surveys.instruments import Wording

LETTER = re.compile(r"[A-Za-z_]")
UNNAMED = re.compile(r"[^A-Za-z0-9_]+")


class LimesurveyNames(FreeNames):
    """Gives every code a plain and unique name, and reports the codes it changed."""

    def __init__(self, report: ImportReport, reserved: tuple[str, ...] = ()) -> None:
        super().__init__(reserved)
        self.report = report

    def give(self, code: str, where: str) -> str:
        """A name for a question, which begins with a letter."""
        wanted = plain_code(code)[:60]
        return self.unique_name(code, wanted if LETTER.match(wanted) else f"q_{wanted}"[:60], where)

    def option(self, code: str, where: str) -> str:
        """A name for an option, made from its code."""
        return self.unique_name(code, plain_code(code), where)

    def unique_name(self, code: str, wanted: str, where: str) -> str:
        name = self.take(wanted)
        if name != code:
            self.report.leave(where, f"the code {code}", f"it is called {name} here")
        return name


def plain_code(code: str) -> str:
    return UNNAMED.sub("_", code) or "_"


class LimesurveyOutline:
    """Reads the tables of a file: groups, their questions, subquestions and options."""

    def __init__(self, context: LimesurveyContext) -> None:
        self.context = context
        self.file = context.file
        self.report = context.report
        self.names = LimesurveyNames(self.report, RESERVED)
        self.offered: dict[tuple[str, int], LimesurveyNames] = {}
        attributes: dict[str, dict[str, dict[str, str]]] = {}
        for row in self.file.rows("question_attributes"):
            named = attributes.setdefault(row.get("qid", ""), {}).setdefault(
                row.get("attribute", ""), {}
            )
            named[row.get("language", "")] = row.get("value", "")
        self.attributes = attributes
        self.groups = self.all_groups()
        self.fill()
        self.groups = [group for group in self.groups if group.questions]

    def words(self, row: Record, column: str, where: str) -> Wording:
        return plain_wording(self.file.wording(row, column), where, self.report)

    def all_groups(self) -> list[LimesurveyGroup]:
        groups = []
        rows = self.file.records_with_texts("groups", "group_name", "description")
        for row in sorted(rows, key=lambda row: to_integer(row.get("group_order", ""))):
            name = row.get(f"group_name:{self.file.languages[0]}") or row["gid"]
            where = f"group {name}"
            groups.append(
                LimesurveyGroup(
                    row["gid"],
                    row,
                    where,
                    "",
                    self.words(row, "group_name", where),
                    self.words(row, "description", where),
                    [],
                )
            )
        return groups

    def fill(self) -> None:
        """Put questions into their groups, and subquestions and options into their questions."""
        rows = self.file.records_with_texts("questions", "question", "help", "script")
        tops = [row for row in rows if row.get("parent_qid", "0") in ("", "0")]
        inner = [row for row in rows if row.get("parent_qid", "0") not in ("", "0")]
        inner += self.file.records_with_texts("subquestions", "question", "help")
        if not tops:
            raise self.file.bad("questions", 0, "there is no question in it.")
        groups = {group.id: group for group in self.groups}
        # The file of one question has no table of groups.
        if self.file.kind == "Question":
            groups = {
                row.get("gid", ""): LimesurveyGroup("", {}, "", "", {}, {}, []) for row in tops
            }
            self.groups = list(groups.values())
        by_id: dict[str, LimesurveyQuestion] = {}
        for row in sorted_rows(tops):
            group = groups.get(row.get("gid", ""))
            if group is None:
                sentence = f"its group {row.get('gid', '')} is not in the table groups."
                raise self.file.bad("questions", to_integer(row["row"]), sentence)
            code = row.get("title") or row["qid"]
            where = f"question {code}" + (f" in {group.where}" if group.where else "")
            by_id[row["qid"]] = self.question(row, code, where)
            group.questions.append(by_id[row["qid"]])
        for row in sorted_rows(inner):
            self.add_sub(row, by_id)
        self.add_answers(by_id)
        # After the answers: a ranking that has none ranks its rows.
        for question in by_id.values():
            if said := FIXED.get(question.row.get("type", "")):
                question.answers = [
                    LimesurveyAnswer(
                        code,
                        fixed_wording(word, self.file.languages, question.where, self.report),
                        code,
                    )
                    for code, word in said.items()
                ]
            elif question.row.get("type") == "R" and not question.answers:
                question.answers = [
                    LimesurveyAnswer(sub.code, sub.text, sub.name) for sub in question.subs
                ]
        self.give_names(by_id.values())

    def question(self, row: Record, code: str, where: str) -> LimesurveyQuestion:
        # Braces in an equation are its expression, not a placeholder in a text.
        unheard = ImportReport() if row.get("type") == "*" else self.report
        text = plain_wording(self.file.wording(row, "question"), where, unheard)
        hint = self.words(row, "help", where)
        # Its JavaScript would run on the page of every respondent.
        if self.file.wording(row, "script"):
            self.report.leave(where, "script", "no script of another program runs here")
        return LimesurveyQuestion(
            self.context,
            row["qid"],
            code,
            row,
            where,
            text or wording_from_code(code, self.file.languages),
            hint,
            self.attributes.get(row["qid"], {}),
            to_integer(row.get("scale_id", "")),
            subs=[],
            answers=[],
            names={},
            taken=set(),
        )

    def add_sub(self, row: Record, by_id: dict[str, LimesurveyQuestion]) -> None:
        parent = by_id.get(row.get("parent_qid", ""))
        if parent is None:
            sentence = f"its question {row.get('parent_qid', '')} is not in the table questions."
            raise self.file.bad("subquestions", to_integer(row["row"]), sentence)
        code = row.get("title") or row["qid"]
        sub = self.question(row, code, f"{parent.where}, {code}")
        sub.names[""] = self.options(parent, sub.scale).option(code, sub.where)
        if sub.hint:
            self.report.leave(sub.where, "its help", "rows and options have no help here")
        parent.subs.append(sub)

    def add_answers(self, by_id: dict[str, LimesurveyQuestion]) -> None:
        rows = self.file.records_with_texts("answers", "answer")
        for row in sorted(rows, key=lambda row: to_integer(row.get("sortorder", ""))):
            question = by_id.get(row.get("qid", ""))
            if question is None:
                sentence = f"its question {row.get('qid', '')} is not in the table questions."
                raise self.file.bad("answers", to_integer(row["row"]), sentence)
            code = row.get("code") or "_"
            text = self.words(row, "answer", f"{question.where}, answer {code}")
            answer = LimesurveyAnswer(
                code, text or wording_from_code(code, self.file.languages), ""
            )
            answer.scale = to_integer(row.get("scale_id", ""))
            # The two scales of an array may have the same codes, and each is a list of its own.
            names = self.options(question, answer.scale)
            answer.option = names.option(code, f"{question.where}, answer {code}")
            question.answers.append(answer)

    def options(self, question: LimesurveyQuestion, scale: int) -> LimesurveyNames:
        """The names of a question's options on one scale."""
        return self.offered.setdefault((question.id, scale), LimesurveyNames(self.report))

    def give_names(self, questions: Iterable[LimesurveyQuestion]) -> None:
        """Give names to all questions before their rows, so that question codes are kept where
        possible.
        """
        questions = list(questions)
        for question in questions:
            question.names[""] = self.names.give(question.code, question.where)
        for question in questions:
            for ending in name_endings(question):
                code = f"{question.name}_{ending}"
                question.names[ending] = self.names.give(code, question.where)
        for number, group in enumerate(self.groups, 1):
            group.name = "" if not group.id else self.names.take(f"group_{number}")


def sorted_rows(rows: list[Record]) -> list[Record]:
    return sorted(
        rows,
        key=lambda row: (
            to_integer(row.get("scale_id", "")),
            to_integer(row.get("question_order", "")),
        ),
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
    return [answer for answer in question.answers if answer.scale == scale]


def is_five_point(question: LimesurveyQuestion) -> bool:
    """Whether an array is a five-point scale whose codes are consecutive numbers."""
    codes = [RUNNING.fullmatch(answer.code) for answer in question.answers]
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
    taken = {answer.option for answer in question.answers} | {sub.name for sub in question.subs}
    return "other" if "other" not in taken else OTHER


def question_variables(question: LimesurveyQuestion) -> dict[str, LimesurveyVariable]:
    """The variables of a question, by the suffix that LimeSurvey adds to its code."""
    kind = question.row.get("type", "")
    own = f"${{{question.name}}}"
    variables = {
        ending: LimesurveyVariable(f"${{{question.names[ending]}}}")
        for ending in ("other", "comment")
        if ending in question.names
    }
    if kind in ("M", "P"):
        return variables | box_variables(question, own)
    if kind == "R":
        codes = {answer.code: answer.option for answer in question.answers}
        return {
            str(place): LimesurveyVariable(f"selected-at({own}, {place - 1})", codes)
            for place in range(1, len(codes) + 1)
        }
    if kind in (*ARRAYS, "1", ";", ":", "K", "Q"):
        return dict(cell_variables(question))
    if kind in ("L", "!", "O", "Y", "G"):
        return variables | {"": LimesurveyVariable(own, options_by_code(question))}
    # Equations are learnt where they are in the file, so that only later ones can use them.
    return {} if kind in ("X", "I", "*") else {"": LimesurveyVariable(own, dated=kind == "D")}


def options_by_code(question: LimesurveyQuestion, scale: int = 0) -> dict[str, str]:
    """The option name used here for each answer code."""
    answers = answers_on_scale(question, scale)
    if is_five_point(question):
        return {answer.code: str(point) for point, answer in enumerate(answers, 1)}
    if len(answers) == 1 and not question.other:
        return {answers[0].code: TICKED}
    codes = {answer.code: answer.option for answer in answers}
    return codes | {OTHER: other_option_name(question)} if question.other else codes


def box_variables(question: LimesurveyQuestion, own: str) -> dict[str, LimesurveyVariable]:
    # A single box is a consent here, and its answer is OK.
    names = [sub.name for sub in question.on_scale(0)]
    if len([*names, other_option_name(question)] if question.other else names) == 1:
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


def learn(question: LimesurveyQuestion, variables: dict[str, LimesurveyVariable]) -> None:
    """Make variables of a question known to the expressions of the file."""
    row, known = question.row, {}
    fields = f"{row.get('sid', '')}X{row.get('gid', '')}X{question.id}"
    for ending, variable in variables.items():
        known[f"{question.code}_{ending}" if ending else question.code] = variable
        scale = re.fullmatch(r"(.*)_([01])", ending) if row.get("type") == "1" else None
        known[fields + (f"{scale[1]}#{scale[2]}" if scale else ending)] = variable
    for code, variable in known.items():
        # The first keeps its code, as names do where several want the same.
        question.context.known.setdefault(code, variable)
