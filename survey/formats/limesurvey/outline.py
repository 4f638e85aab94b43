"""The groups and questions of a LimeSurvey file in their order, every one under a name of ours."""

from collections.abc import Iterable

from survey.formats.instruments import Report
from survey.formats.limesurvey.naming import RESERVED, Names
from survey.formats.limesurvey.records import Answer, Group, Question, endings
from survey.formats.limesurvey.tables import Document, Record, whole
from survey.formats.limesurvey.words import FIXED, fixed, worded, wordless
from survey.instruments import Wording


class Outline:
    """Reads the tables once: groups, their questions, and what these offer."""

    def __init__(self, file: Document, report: Report) -> None:
        self.file = file
        self.report = report
        self.names = Names(report, RESERVED)
        self.offered: dict[tuple[str, int], Names] = {}
        self.attributes = self.all_attributes()
        self.groups = self.all_groups()
        self.fill()
        self.groups = [group for group in self.groups if group.questions]

    def words(self, row: Record, column: str, where: str) -> Wording:
        return worded(self.file.wording(row, column), where, self.report)

    def all_attributes(self) -> dict[str, dict[str, dict[str, str]]]:
        """By question and name, the value in each language, '' where it has none."""
        found: dict[str, dict[str, dict[str, str]]] = {}
        for row in self.file.rows("question_attributes"):
            named = found.setdefault(row.get("qid", ""), {}).setdefault(
                row.get("attribute", ""), {}
            )
            named[row.get("language", "")] = row.get("value", "")
        return found

    def all_groups(self) -> list[Group]:
        found = []
        rows = self.file.worded("groups", "group_name", "description")
        for row in sorted(rows, key=lambda row: whole(row.get("group_order", ""))):
            name = row.get(f"group_name:{self.file.languages[0]}") or row["gid"]
            where = f"group {name}"
            found.append(
                Group(
                    row["gid"],
                    row,
                    where,
                    "",
                    self.words(row, "group_name", where),
                    self.words(row, "description", where),
                    [],
                )
            )
        return found

    def fill(self) -> None:
        """Questions into their groups, subquestions and answers into their questions."""
        rows = self.file.worded("questions", "question", "help", "script")
        tops = [row for row in rows if row.get("parent_qid", "0") in ("", "0")]
        inner = [row for row in rows if row.get("parent_qid", "0") not in ("", "0")]
        inner += self.file.worded("subquestions", "question", "help")
        if not tops:
            raise self.file.bad("questions", 0, "there is no question in it.")
        groups = {group.id: group for group in self.groups}
        if self.file.kind == "Question":
            groups = {row.get("gid", ""): Group("", {}, "", "", {}, {}, []) for row in tops}
            self.groups = list(groups.values())
        by_id: dict[str, Question] = {}
        for row in in_order(tops):
            group = groups.get(row.get("gid", ""))
            if group is None:
                sentence = f"its group {row.get('gid', '')} is not in the table groups."
                raise self.file.bad("questions", whole(row["row"]), sentence)
            code = row.get("title") or row["qid"]
            where = f"question {code}" + (f" in {group.where}" if group.where else "")
            by_id[row["qid"]] = self.question(row, code, where)
            group.questions.append(by_id[row["qid"]])
        for row in in_order(inner):
            self.add_sub(row, by_id)
        self.add_answers(by_id)
        self.add_fixed(by_id.values())
        self.give_names(by_id.values())

    def add_fixed(self, questions: Iterable[Question]) -> None:
        """The answers of types that have always the same."""
        for one in questions:
            if said := FIXED.get(one.row.get("type", "")):
                one.answers = [
                    Answer(code, fixed(word, self.file.languages, one.where, self.report), code)
                    for code, word in said.items()
                ]
            elif one.row.get("type") == "R" and not one.answers:
                one.answers = [Answer(sub.code, sub.text, sub.name) for sub in one.subs]

    def question(self, row: Record, code: str, where: str) -> Question:
        # Braces in an equation are what it works out, not words with a gap.
        unheard = Report() if row.get("type") == "*" else self.report
        text = worded(self.file.wording(row, "question"), where, unheard)
        hint = self.words(row, "help", where)
        if self.file.wording(row, "script"):
            self.report.leave(where, "script", "no script of another program runs here")
        return Question(
            row["qid"],
            code,
            row,
            where,
            text or wordless(code, self.file.languages),
            hint,
            self.attributes.get(row["qid"], {}),
            whole(row.get("scale_id", "")),
            subs=[],
            answers=[],
            names={},
            taken=set(),
        )

    def add_sub(self, row: Record, by_id: dict[str, Question]) -> None:
        parent = by_id.get(row.get("parent_qid", ""))
        if parent is None:
            sentence = f"its question {row.get('parent_qid', '')} is not in the table questions."
            raise self.file.bad("subquestions", whole(row["row"]), sentence)
        code = row.get("title") or row["qid"]
        sub = self.question(row, code, f"{parent.where}, {code}")
        sub.names[""] = self.options(parent, sub.scale).option(code, sub.where)
        if sub.hint:
            self.report.leave(sub.where, "its help", "rows and options have no help here")
        parent.subs.append(sub)

    def add_answers(self, by_id: dict[str, Question]) -> None:
        rows = self.file.worded("answers", "answer")
        for row in sorted(rows, key=lambda row: whole(row.get("sortorder", ""))):
            question = by_id.get(row.get("qid", ""))
            if question is None:
                sentence = f"its question {row.get('qid', '')} is not in the table questions."
                raise self.file.bad("answers", whole(row["row"]), sentence)
            code = row.get("code") or "_"
            text = self.words(row, "answer", f"{question.where}, answer {code}")
            answer = Answer(code, text or wordless(code, self.file.languages), "")
            answer.scale = whole(row.get("scale_id", ""))
            names = self.options(question, answer.scale)
            answer.option = names.option(code, f"{question.where}, answer {code}")
            question.answers.append(answer)

    def options(self, question: Question, scale: int) -> Names:
        """The names of what a question offers on one scale."""
        return self.offered.setdefault((question.id, scale), Names(self.report))

    def give_names(self, questions: Iterable[Question]) -> None:
        """The questions first, so that theirs are kept as they are wherever that can be."""
        questions = list(questions)
        for one in questions:
            one.names[""] = self.names.give(one.code, one.where)
        for one in questions:
            for ending in endings(one):
                code = f"{one.name}_{ending}"
                one.names[ending] = self.names.give(code, one.where)
        for number, group in enumerate(self.groups, 1):
            group.name = "" if not group.id else self.names.free(f"group_{number}")


def in_order(rows: list[Record]) -> list[Record]:
    return sorted(
        rows,
        key=lambda row: (
            whole(row.get("scale_id", "")),
            whole(row.get("question_order", "")),
        ),
    )
