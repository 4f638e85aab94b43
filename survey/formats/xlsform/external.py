"""Turns the external_choices sheet, where phones look up large lists, into ordinary lists."""

import re
from collections import Counter
from typing import Any

from survey.formats.foreign import ImportReport
from survey.surveys.instruments import MOST_ROWS, MOST_ROWS_IN_ALL
from survey.surveys.instruments.drafts import AnswerListColumns

EXTERNAL = re.compile(r"\s*select[_ ]one[_ ]external\s+", re.IGNORECASE)
LIST_HEADS = ("list_name", "list name")
OUTSIDE = "_external"  # added to the name of a list that is in both sheets
Row = dict[str, str]


def move_external_choices(sheets: dict[str, Any], report: ImportReport) -> None:
    """Move the rows of external_choices to the choices sheet, as far as lists are short enough."""
    asked = [
        (row, head)
        for row in sheets["survey"] or []
        for head in row
        # pyxform has not seen the sheet yet, so heads may be in any case.
        if head.casefold() == "type" and EXTERNAL.match(row[head] or "")
    ]
    if not asked or not sheets.get("external_choices"):
        return
    lists = {list_name_of(row) for row in sheets["choices"] or []}
    choices = []
    for number, row in enumerate(sheets["external_choices"], 2):
        if any(head.casefold() == "name" and text for head, text in row.items()):
            choices.append(row)
        elif list_name_of(row):
            where = f"external_choices, row {number}"
            report.leave(where, "the answer", "it has no name")
    more = lists_that_fit(choices)
    for row, head in asked:
        name = EXTERNAL.sub("", row[head]).strip()
        if name in more:
            row[head] = f"select_one {external_list_name(name, lists)}"
        else:
            row[head] = "text"
            for other in [key for key in row if key.casefold() == "choice_filter"]:
                del row[other]
            why = f"a question has {MOST_ROWS:,} answers at most, so people type theirs"
            report.leave(f"survey ({row.get('name', '')})", f"the list “{name}”", why)
    rows = [
        with_list(row, external_list_name(name, lists))
        for name, rows in more.items()
        for row in rows
    ]
    own = [
        with_list(row, list_name_of(row)) for row in sheets["choices"] or [] if list_name_of(row)
    ]
    sheets["choices"] = [*own, *rows]
    sheets["choices_header"] = [heads_of(sheets["choices"])]
    names = Counter((row["list_name"], row.get("name")) for row in sheets["choices"])
    if max(names.values(), default=0) > 1:
        settings = (sheets["settings"] or [{}])[0]
        # The author's own setting comes last, so it wins.
        sheets["settings"] = [{"allow_choice_duplicates": "yes", **settings}]
        sheets["settings_header"] = [heads_of(sheets["settings"])]
    sheets["external_choices"] = sheets["external_choices_header"] = None


def heads_of(rows: list[Row]) -> dict[str, None]:
    return dict.fromkeys(head for row in rows for head in row)


def list_name_of(row: Row) -> str:
    return next((text for head, text in row.items() if head.casefold() in LIST_HEADS), "")


def with_list(row: Row, name: str) -> Row:
    """The row with its list and all heads under their usual names."""
    plain = {"name": "name", "label": "label"}
    rest = {
        plain.get(head.casefold(), head): text
        for head, text in row.items()
        if head.casefold() not in LIST_HEADS
    }
    return {"list_name": name, **rest}


def external_list_name(name: str, lists: set[str]) -> str:
    return name + OUTSIDE if name in lists else name


def lists_that_fit(rows: list[Row]) -> dict[str, list[Row]]:
    """The lists short enough to import, shortest first, up to the limit for a survey."""
    lists: dict[str, list[Row]] = {}
    room = MOST_ROWS_IN_ALL
    for name, count in reversed(Counter(map(list_name_of, rows)).most_common()):
        if name and count <= MOST_ROWS and count <= room:
            lists[name] = [row for row in rows if list_name_of(row) == name]
            room -= count
    return lists


SEARCH = re.compile(
    r"""search\(\s*(['"])(?P<file>[^'"]+)\1\s*"""
    r"""(,\s*(['"])(?P<way>\w+)\4\s*,\s*(['"])(?P<column>[\w.-]+)\6\s*,\s*(?P<value>[^,]+?)\s*)?\)""",
)
WAYS = {
    "matches": "{column} = {value}",
    "contains": "contains({column}, {value})",
    "startswith": "starts-with({column}, {value})",
    "endswith": "ends-with({column}, {value})",
}


def use_list_file(node: Any, rows: list[Any]) -> AnswerListColumns | None:
    """Convert a question that looks its options up in a file with search(), so that it uses the
    whole list.

    Returns the names of the file's columns, which the single row of choices gives; None if the
    question does not use search() in this way.
    """
    control = node.get("control") or {}
    match = SEARCH.search(str(control.get("appearance", "")))
    if match is None or len(rows) != 1 or (match["way"] and match["way"] not in WAYS):
        return None
    row = rows[0]
    label = row.get("label") or "label"
    label = next(iter(label.values())) if isinstance(label, dict) else label
    node["itemset"] = match["file"].removesuffix(".csv") + ".csv"
    node["list_name"], node["choices"] = node["itemset"], []
    if match["way"]:
        node["choice_filter"] = WAYS[match["way"]].format(**match.groupdict())
    control["appearance"] = SEARCH.sub("", control["appearance"]).strip()
    return AnswerListColumns(str(row["name"]), str(label))
