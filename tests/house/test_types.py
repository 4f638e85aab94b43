"""`Any` is written at the doors only: where something arrives that we cannot know the type of."""

import ast
import functools

import pytest

from tests.house.trees import ROOT, nodes_of

ROOMS = ("api", "survey", "analysis", "demo", "tools")
HANDLERS = "Litestar's requests and responses have types that nobody fills in"
# Folders and files where `Any` may be written, and why.
DOORS = {
    "api/app.py": HANDLERS,
    "api/dependencies.py": "handlers that Litestar calls, and cursors as strangers send them",
    "api/error_handlers.py": HANDLERS,
    "api/pages": "handlers, forms as they were sent, and what a template is given",
    "api/routes": "lists of handlers, and TopoJSON that is passed on",
    "api/security": "ASGI scopes and messages, and requests of any handler",
    "api/paper": "blocks that a typst template reads as JSON",
    "api/settings.py": "text of the environment becomes the type of any setting",
    "api/commands/estimate.py": "options as click passes them",
    "api/commands/place.py": "options as click passes them",
    "api/commands/serving/pages.py": "a transport that passes on whatever it is asked for",
    "api/commands/sbom.py": "uv.lock and CycloneDX as they are",
    "demo/door.py": HANDLERS,
    "demo/simulation/texts_and_subjects.py": "a TOML file of words",
    "tools/text_model/encoder.py": "a tokenizer as JSON",
    "survey/editions/stored.py": "editions of earlier shapes, as JSON",
    "survey/files/isolation.py": "calls and results of a child process",
    "survey/media/pdf.py": "the parts of a PDF, which can be anything",
    "survey/formats/foreign.py": "JSON of strangers",
    "survey/formats/limesurvey": "LimeSurvey's tables and XML",
    "survey/formats/surveyjs": "SurveyJS's JSON",
    "survey/formats/xlsform": "rows as pyxform gives them",
    "survey/sources/places.py": "TopoJSON",
    "survey/sources/searches.py": "JSON of data.police.uk",
    "survey/store/database.py": "rows that asyncpg takes and gives",
    "survey/store/connections/memory.py": "rows that asyncpg takes and gives",
}


@functools.cache
def files_with_any() -> dict[str, int]:
    """Files in which `Any` is a type somewhere, and the first line of it; imports do not count."""
    found = {}
    for room in ROOMS:
        for file in sorted((ROOT / room).rglob("*.py")):
            lines = [line for node in nodes_of(file) if (line := line_of_any(node))]
            if lines:
                found[str(file.relative_to(ROOT))] = min(lines)
    return found


def line_of_any(node: ast.AST) -> int | None:
    """The line of a node that is `Any`; of a quoted type too."""
    named = isinstance(node, ast.Name) and node.id == "Any"
    quoted = isinstance(node, ast.Constant) and node.value == "Any"
    of_typing = isinstance(node, ast.Attribute) and ast.unparse(node) == "typing.Any"
    return node.lineno if named or quoted or of_typing else None


def is_within(file: str, door: str) -> bool:
    return file == door or file.startswith(f"{door}/")


def test_any_is_written_at_the_doors_only():
    inside = [
        f"{file}:{line}"
        for file, line in files_with_any().items()
        if not any(is_within(file, door) for door in DOORS)
    ]
    assert inside == []


@pytest.mark.parametrize("door", DOORS)
def test_a_door_is_one_still(door):
    assert any(is_within(file, door) for file in files_with_any())
