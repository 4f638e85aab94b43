"""LimeSurvey's arrays, in which several questions share their options, as grids and pages."""

from typing import Any

from survey.formats.foreign import joined_wording
from survey.formats.limesurvey import records
from survey.formats.limesurvey.outline import answers_on_scale, is_five_point
from survey.formats.limesurvey.questions import (
    FREE,
    PartList,
    fixed_limit,
    number_fields,
    shared_fields,
    text_fields,
    to_part,
    validation_fields,
)
from survey.formats.limesurvey.tables import wording_from_code
from survey.surveys.instruments import AnyPart, GridRow, QuestionGroup, QuestionPage, Wording

MANY = 25  # fields on one page


def page_of_items(fields: dict[str, Any], items: PartList, *, table: bool = False) -> QuestionPage:
    """A page of questions, with the text for all of them at the top."""
    return QuestionPage(
        name=fields["name"],
        text=joined_wording(fields["text"], fields["hint"]),
        relevant=fields["relevant"],
        items=tuple(items),
        table=table,
    )


def array_parts(question: records.LimesurveyQuestion) -> PartList:
    fields = shared_fields(question)
    report_table_rules(question)
    rows = question.on_scale(0)
    if not is_five_point(question):
        return [table_page(question, fields, 0, {row.code: row.code for row in rows})]
    if question.row["type"] != "A":
        labels = ", ".join(answer.code for answer in question.answers)
        why = "they are read as points from 1 (lowest) to 5 (highest)"
        question.leave(f"the codes {labels}", why)
    return [
        to_part(
            type="grid",
            **fields,
            labels=tuple(answer.text for answer in question.answers),
            rows=tuple(GridRow(question.names[row.code], row.text) for row in rows),
        )
    ]


def report_table_rules(question: records.LimesurveyQuestion) -> None:
    """Report table-level validation rules that cannot be imported."""
    for name in ("em_validation_q", "em_validation_sq", "min_answers", "max_answers"):
        if written := question.setting(name):
            question.leave(f"{name} = {written}", f"it is about a whole table; {FREE}")


def table_page(
    question: records.LimesurveyQuestion,
    fields: dict[str, Any],
    scale: int,
    endings: dict[str, str],
) -> QuestionPage:
    """A page shown as a table, with one question for each row; `endings` has the suffix of each
    question's name by the row's code.
    """
    options = records.to_options(answers_on_scale(question, scale))
    items = [
        to_part(
            type="choice",
            name=question.names[endings[row.code]],
            text=row.text,
            relevant=question.row_relevant(row),
            required=fields["required"],
            options=options,
            # One list for all rows, so that phones and spreadsheets show a table.
            list=f"{fields['name']}_answers",
        )
        for row in question.on_scale(0)
    ]
    return page_of_items(fields, items, table=True)


def dual_scale_parts(question: records.LimesurveyQuestion) -> PartList:
    """A dual-scale array as a group of two tables, one below the other."""
    fields = shared_fields(question)
    report_table_rules(question)
    tables: PartList = []
    for scale, head in enumerate(("dualscale_headerA", "dualscale_headerB")):
        said = question.wording(question.words(head))
        # The condition is that of the group around both tables.
        own = fields | {"name": question.names[str(scale)], "hint": {}, "relevant": ""}
        own["text"] = said or wording_from_code(
            f"{question.code} {scale + 1}", question.context.file.languages
        )
        endings = {row.code: f"{row.code}_{scale}" for row in question.on_scale(0)}
        tables.append(table_page(question, own, scale, endings))
    return [
        QuestionGroup(
            name=fields["name"],
            text=joined_wording(fields["text"], fields["hint"]),
            relevant=fields["relevant"],
            items=tuple(tables),
        )
    ]


def multiple_input_parts(question: records.LimesurveyQuestion) -> PartList:
    """Several short texts or numbers on one page."""
    fields = shared_fields(question)
    rules = validation_fields(question, single=False)
    kind = field_type(question, rules)
    for name in ("min_answers", "max_answers", "min_num_value", "max_num_value"):
        if written := question.setting(name):
            question.leave(f"{name} = {written}", f"it is about all fields together; {FREE}")
    items: PartList = [
        to_part(
            **kind,
            name=question.names[row.code],
            text=row.text,
            required=fields["required"],
            relevant=question.row_relevant(row),
            default=question.default(row.id),
        )
        for row in question.on_scale(0)
    ]
    return [page_of_items(fields, items)]


def field_type(question: records.LimesurveyQuestion, rules: dict[str, Any]) -> dict[str, Any]:
    kind = question.row["type"]
    if kind == "K" and question.is_on("slider_layout"):
        names = {"low": "slider_min", "high": "slider_max", "step": "slider_accuracy"}
        ends = {key: fixed_limit(question, name) for key, name in names.items()}
        given = {key: end for key, end in ends.items() if end is not None}
        # With a step of 0 there would be nothing to choose.
        if given.get("step", 1) <= 0:
            given.pop("step")
        return rules | ({"type": "range"} | given)
    if kind == "K" or question.is_on("numbers_only"):
        return number_fields(question, rules)
    if kind == ":":
        field = question.is_on("input_boxes")
        least = fixed_limit(question, "multiflexible_min")
        most = fixed_limit(question, "multiflexible_max")
        usual_least, usual_most = (None, None) if field else (1.0, 10.0)
        return rules | {
            "type": "decimal",
            "least": usual_least if least is None else least,
            "most": usual_most if most is None else most,
        }
    return rules | text_fields(question, long=False)


def input_array_parts(question: records.LimesurveyQuestion) -> PartList:
    """An array of texts or numbers: a field for each cell, or check boxes for each row."""
    fields = shared_fields(question)
    rows, columns = question.on_scale(0), question.on_scale(1)
    for column in columns:
        if column.relevant():
            column.leave(f"relevance = {column.row['relevance']}", records.EVERYONE_ASKED)
    if records.is_checkbox_array(question):
        return [page_of_items(fields, [checkbox_row(question, row, fields) for row in rows])]
    if len(rows) * len(columns) > MANY:
        what = f"a table of {len(rows)} rows and {len(columns)} columns"
        question.leave(what, f"its {len(rows) * len(columns)} fields are in one list here")
    kind = field_type(question, validation_fields(question, single=False))
    items: PartList = [
        to_part(
            **kind,
            name=question.names[f"{row.code}_{column.code}"],
            text=joined_wording(row.text, column.text, by=" – "),
            required=fields["required"],
            relevant=relevant,
        )
        for row in rows
        for relevant in [question.row_relevant(row)]
        for column in columns
    ]
    return [page_of_items(fields, items)]


def checkbox_row(
    question: records.LimesurveyQuestion,
    row: records.LimesurveyQuestion,
    fields: dict[str, Any],
) -> AnyPart:
    """A row of check boxes; if the array has only one column, a single box."""
    columns = question.on_scale(1)
    said: dict[str, Any] = {
        "name": question.names[row.code],
        "text": row.text,
        "required": fields["required"],
        "relevant": question.row_relevant(row),
    }
    if len(columns) == 1:
        words: Wording = joined_wording(row.text, columns[0].text, by=" – ")
        return to_part(type="consent", **said | {"text": words})
    options = [{"name": column.name, "text": column.text} for column in columns]
    return to_part(type="choices", **said, options=options)
