"""A loop over a list of answers, as a group with a group of questions for each answer."""

import re
from typing import Any

from survey.formats.xlsform.nodes import PyxformNode

PLACE = re.compile(r"%\((name|label)\)s")
NOBODY = "none"  # an answer that loops pass over


def loop_as_group(node: PyxformNode) -> PyxformNode:
    """The loop as a group; its questions are named for the answer that they are about."""
    groups = [
        {
            "type": "group",
            "name": f"{node['name']}_{column['name']}",
            "label": column.get("label"),
            "children": [
                words_in_language(child, column, "default") for child in node.get("children") or []
            ],
        }
        for column in node.get("columns") or []
        if column["name"] != NOBODY
    ]
    rest = {key: value for key, value in node.items() if key != "columns"}
    return rest | {"type": "group", "children": groups}


def words_in_language(said: Any, column: PyxformNode, language: str) -> Any:
    """A part of a question with the name and the words of the answer in their places."""
    if isinstance(said, list):
        return [words_in_language(one, column, language) for one in said]
    if isinstance(said, dict):
        found = {key: words_in_language(one, column, key) for key, one in said.items()}
        is_part = "type" in said and "name" in said
        return found | ({"name": f"{said['name']}_{column['name']}"} if is_part else {})
    if not isinstance(said, str):
        return said
    label = column.get("label") or column["name"]
    if isinstance(label, dict):
        label = label.get(language) or next(iter(label.values()))
    words = {"name": str(column["name"]), "label": str(label)}
    return PLACE.sub(lambda match: words[match[1]], said)
