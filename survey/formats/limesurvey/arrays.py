"""The arrays of LimeSurvey, in which several questions share their answers, as tables of ours."""

from typing import Any

from survey.formats.limesurvey.limits import FREE, figure, number, rules_of, text
from survey.formats.limesurvey.questions import Made, asked, made
from survey.formats.limesurvey.records import Question, options_of, ticked
from survey.formats.limesurvey.telling import EVERYONE_ASKED, Teller
from survey.formats.limesurvey.variables import is_scale, scale_of
from survey.formats.limesurvey.words import joined, worded, wordless
from survey.instruments import AnyPart, Group, Page, Row, Wording

MANY = 25  # fields on one page


def page(fields: dict[str, Any], items: Made, *, table: bool = False) -> Page:
    """Questions on one page, the words for all of them above."""
    return Page(
        name=fields["name"],
        text=joined(fields["text"], fields["hint"]),
        relevant=fields["relevant"],
        items=tuple(items),
        table=table,
    )


def array(question: Question, tell: Teller) -> Made:
    fields = asked(question, tell)
    rules_told(question, tell)
    rows = question.on_scale(0)
    if not is_scale(question):
        return [table(question, tell, fields, 0, {row.code: row.code for row in rows})]
    if question.row["type"] != "A":
        labels = ", ".join(one.code for one in question.answers)
        why = "they are read as points from 1 (lowest) to 5 (highest)"
        tell.leave(question, f"the codes {labels}", why)
    return [
        made(
            type="grid",
            **fields,
            labels=tuple(one.text for one in question.answers),
            rows=tuple(Row(question.names[row.code], row.text) for row in rows),
        )
    ]


def rules_told(question: Question, tell: Teller) -> None:
    """No table of ours has a condition over its rows."""
    for name in ("em_validation_q", "em_validation_sq", "min_answers", "max_answers"):
        if written := question.setting(name):
            tell.leave(question, f"{name} = {written}", f"it is about a whole table; {FREE}")


def table(
    question: Question,
    tell: Teller,
    fields: dict[str, Any],
    scale: int,
    endings: dict[str, str],
) -> Page:
    """A row for each question; the rows are told apart by their endings."""
    options = options_of(scale_of(question, scale))
    items = [
        made(
            type="choice",
            name=question.names[endings[row.code]],
            text=row.text,
            relevant=tell.row_relevant(question, row),
            required=fields["required"],
            options=options,
            list=f"{fields['name']}_answers",
        )
        for row in question.on_scale(0)
    ]
    return page(fields, items, table=True)


def dual(question: Question, tell: Teller) -> Made:
    """Two tables under one another, for each scale its own."""
    fields = asked(question, tell)
    rules_told(question, tell)
    tables: Made = []
    for scale, head in enumerate(("dualscale_headerA", "dualscale_headerB")):
        said = worded(tell.by_language(question.words(head)), question.where, tell.report)
        own = fields | {"name": question.names[str(scale)], "hint": {}, "relevant": ""}
        own["text"] = said or wordless(f"{question.code} {scale + 1}", tell.file.languages)
        endings = {row.code: f"{row.code}_{scale}" for row in question.on_scale(0)}
        tables.append(table(question, tell, own, scale, endings))
    return [
        Group(
            name=fields["name"],
            text=joined(fields["text"], fields["hint"]),
            relevant=fields["relevant"],
            items=tuple(tables),
        )
    ]


def several(question: Question, tell: Teller) -> Made:
    """Several short texts or numbers, one under the other."""
    fields = asked(question, tell)
    rules = rules_of(question, tell, single=False)
    kind = kind_of_field(question, tell, rules)
    for name in ("min_answers", "max_answers", "min_num_value", "max_num_value"):
        if written := question.setting(name):
            tell.leave(question, f"{name} = {written}", f"it is about all fields together; {FREE}")
    items: Made = [
        made(
            **kind,
            name=question.names[row.code],
            text=row.text,
            required=fields["required"],
            relevant=tell.row_relevant(question, row),
            default=tell.default(question, row.id),
        )
        for row in question.on_scale(0)
    ]
    return [page(fields, items)]


def kind_of_field(question: Question, tell: Teller, rules: dict[str, Any]) -> dict[str, Any]:
    kind = question.row["type"]
    if kind == "K" and question.is_on("slider_layout"):
        return rules | slider(question, tell)
    if kind == "K" or question.is_on("numbers_only"):
        return number(question, tell, rules)
    if kind == ":":
        return rules | chosen_number(question, tell)
    return rules | text(question, long=False)


def slider(question: Question, tell: Teller) -> dict[str, Any]:
    names = {"low": "slider_min", "high": "slider_max", "step": "slider_accuracy"}
    ends = {key: figure(question, tell, name) for key, name in names.items()}
    given = {key: end for key, end in ends.items() if end is not None}
    if given.get("step", 1) <= 0:
        given.pop("step")
    return {"type": "range"} | given


def chosen_number(question: Question, tell: Teller) -> dict[str, Any]:
    """A list of numbers from 1 to 10 unless other limits are set; a field has none of itself."""
    field = question.is_on("input_boxes")
    least = figure(question, tell, "multiflexible_min")
    most = figure(question, tell, "multiflexible_max")
    usual_least, usual_most = (None, None) if field else (1.0, 10.0)
    return {
        "type": "decimal",
        "least": usual_least if least is None else least,
        "most": usual_most if most is None else most,
    }


def fields_of(question: Question, tell: Teller) -> Made:
    """An array of texts or numbers: a field for each row and column, or boxes for each row."""
    fields = asked(question, tell)
    rows, columns = question.on_scale(0), question.on_scale(1)
    for column in columns:
        if tell.relevant(column):
            tell.leave(column, f"relevance = {column.row['relevance']}", EVERYONE_ASKED)
    if ticked(question):
        return [page(fields, [boxes(question, tell, row, fields) for row in rows])]
    if len(rows) * len(columns) > MANY:
        what = f"a table of {len(rows)} rows and {len(columns)} columns"
        tell.leave(question, what, f"its {len(rows) * len(columns)} fields are in one list here")
    kind = kind_of_field(question, tell, rules_of(question, tell, single=False))
    items: Made = [
        made(
            **kind,
            name=question.names[f"{row.code}_{column.code}"],
            text=joined(row.text, column.text, by=" – "),
            required=fields["required"],
            relevant=relevant,
        )
        for row in rows
        for relevant in [tell.row_relevant(question, row)]
        for column in columns
    ]
    return [page(fields, items)]


def boxes(question: Question, tell: Teller, row: Question, fields: dict[str, Any]) -> AnyPart:
    """A row of boxes; with one column it is one box."""
    columns = question.on_scale(1)
    said: dict[str, Any] = {
        "name": question.names[row.code],
        "text": row.text,
        "required": fields["required"],
        "relevant": tell.row_relevant(question, row),
    }
    if len(columns) == 1:
        words: Wording = joined(row.text, columns[0].text, by=" – ")
        return made(type="consent", **said | {"text": words})
    options = [{"name": one.name, "text": one.text} for one in columns]
    return made(type="choices", **said, options=options)
