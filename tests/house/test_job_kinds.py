"""Every kind of job that the code asks for is registered, with a label and a function."""

import ast
import inspect
import re
import subprocess
import sys

import pytest

from api.jobs.kinds import JobKind, job_kinds, job_label
from tests.house.trees import ROOT, tree_of

KINDS = list(job_kinds().values())
ASKING = {"enqueue", "enqueue_once", "enqueue_unless_waiting"}
IN_SQL = re.compile(r"INSERT INTO jobs \(kind\)\s+SELECT '(\w+)'")


def asked_for(tree):
    """The kinds that a module asks for by a constant, in a call or in a statement."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ASKING:
            yield from (one.value for one in node.args[1:2] if isinstance(one, ast.Constant))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from IN_SQL.findall(node.value)


def unregistered(trees):
    return sorted({kind for tree in trees for kind in asked_for(tree)} - job_kinds().keys())


def test_what_is_asked_for_is_registered():
    files = [file for room in ("api", "survey") for file in (ROOT / room).rglob("*.py")]
    asked = {kind for file in files for kind in asked_for(tree_of(file))}
    assert "code_texts" in asked
    assert unregistered(map(tree_of, files)) == []


def test_a_job_that_nobody_registered_is_found_out():
    assert unregistered([ast.parse('jobs.enqueue(connection, "never")')]) == ["never"]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_kind_of_job_has_a_function_that_the_worker_can_call(kind):
    assert inspect.iscoroutinefunction(kind.function)
    assert len(inspect.signature(kind.function).parameters) == 2


def test_labels_are_sentences_for_staff_and_no_two_are_alike():
    labels = [kind.label for kind in KINDS]
    assert len(set(labels)) == len(labels) > 10
    assert [label for label in labels if not re.fullmatch(r"[A-Z][a-z ,]+", label)] == []
    assert job_label("of a later version") == "of a later version"


def test_pages_read_the_labels_without_loading_what_the_jobs_need():
    check = (
        "import sys; from api.jobs.kinds import job_kinds; job_kinds();"
        "print([m for m in ('sklearn', 'scipy.stats', 'textblob') if m in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-c", check], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"


async def test_a_new_kind_needs_one_module(db):
    """The function may be in the module of the kind itself."""

    async def note(connection, key):
        noted.append(key)

    noted = []
    await JobKind("note", "Noting", note)(db.the_connection, "a key")
    assert noted == ["a key"]
