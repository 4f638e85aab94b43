"""The page docs/reference/api.md, made from the OpenAPI document; docs/reference.py writes it."""

import json
import re
from typing import Any

from api.app import build
from api.settings import Settings

Tree = dict[str, Any]

HEAD = """---
for: Programmers
---
# The API

Made by `python -P docs/reference.py` from the program's own OpenAPI document, which programs find
at `/docs/openapi.json`: every address of the API. [How to use it](../how-to/programmers/api.md)
shows the common tasks with `curl`.

A refusal is a `problem+json` object (RFC 9457) with a stable `code`, a sentence (`detail`), what to
do (`remedy`) and, where several things are wrong, a list of them (`faults`). Any address may answer
400 (the request cannot be read) or 503 (the database is away for the moment).
"""
ANY_REFUSAL = {"400", "503"}
# Too large for a list of fields: they have a schema or a page of their own.
ELSEWHERE = {
    "Edition": "an edition; `/reports/schema.json` is its JSON Schema",
    "Instrument": "a survey, with each question and option",
    "Boundaries": "a TopoJSON topology",
}


def api_page() -> str:
    """The page: a section for each tag, with each operation below it."""
    document = build(Settings()).openapi_schema.to_schema()
    operations = [
        (method.upper(), path, operation)
        for path, item in sorted(document["paths"].items())
        for method, operation in item.items()
        if isinstance(operation, dict) and "responses" in operation
    ]
    sections = []
    for tag in document["tags"]:
        lines = [f"## {tag['name'].capitalize()}", "", tag["description"], ""]
        for method, path, operation in operations:
            if tag["name"] in operation["tags"]:
                lines += describe(document, method, path, operation)
        sections.append("\n".join(lines).rstrip())
    return HEAD + "\n" + "\n\n".join(sections) + "\n"


def describe(document: Tree, method: str, path: str, operation: Tree) -> list[str]:
    answers = operation["responses"]
    [good] = [status for status in answers if status.startswith("2")]
    refused = sorted(set(answers) - {good} - ANY_REFUSAL)
    lines = [f"### {operation['summary']}", "", f"`{method} {path}`", ""]
    lines += [" ".join(operation["description"].split()), ""]
    if parameters := operation.get("parameters"):
        lines += ["| name | in | meaning |", "| --- | --- | --- |"]
        lines += [parameter_row(parameter) for parameter in parameters] + [""]
    if body := operation.get("requestBody"):
        lines += body_example(document, body)
    lines.append(f"Answers {good} with {content(document, answers[good])}.")
    if refused:
        lines.append(f"May refuse with {', '.join(refused)}.")
    return [*lines, ""]


def parameter_row(parameter: Tree) -> str:
    needed = "" if parameter["required"] else " (optional)"
    meaning = parameter.get("description") or "which one"
    return f"| `{parameter['name']}`{needed} | {parameter['in']} | {meaning} |"


def body_example(document: Tree, body: Tree) -> list[str]:
    kinds = body["content"]
    if "application/json" not in kinds:
        return [f"The body is the file itself ({', '.join(f'`{kind}`' for kind in kinds)}).", ""]
    schema = kinds["application/json"]["schema"]
    example = (schema.get("examples") or resolve(document, schema)["examples"])[0]
    return ["The body, for example:", "", "```json", json.dumps(example, indent=2), "```", ""]


def content(document: Tree, answer: Tree) -> str:
    """What an answer holds: its media type, or the fields of its JSON with their types."""
    [(kind, held)] = (answer.get("content") or {"nothing": {}}).items()
    if kind != "application/json":
        return f"`{kind}`" if "/" in kind else "nothing"
    schema = held["schema"]
    name = schema_name(schema)
    if name in ELSEWHERE:
        return ELSEWHERE[name]
    whole = resolve(document, schema)
    if whole.get("type") == "array":
        return f"a list, each with {fields(document, whole['items'])}"
    return fields(document, schema)


def fields(document: Tree, schema: Tree) -> str:
    """The names of an object's fields, those of a page's `items` too."""
    properties = resolve(document, schema).get("properties", {})
    named = []
    for name, value in properties.items():
        inner = value.get("items") if name == "items" else None
        more = f" (each with {fields(document, inner)})" if inner and schema_name(inner) else ""
        named.append(f"`{name}`{more}")
    return ", ".join(named) or "JSON"


def schema_name(schema: Tree) -> str:
    if "allOf" in schema:
        schema = schema["allOf"][0]
    return re.sub(r".*/", "", schema.get("$ref", ""))


def resolve(document: Tree, schema: Tree) -> Tree:
    name = schema_name(schema)
    return document["components"]["schemas"][name] if name else schema
