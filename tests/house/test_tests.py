"""Rules for the tests: none depends on how long something takes, and none on chance."""

import ast
import asyncio
import re

import asyncpg
import pytest

from tests import alone, twenty
from tests.conftest import roll_back_at_end
from tests.house.trees import ROOT, nodes_of, tree_of

TIMED_FOLDERS = {ROOT / "tests/bench", ROOT / "tests/campaigns"}  # how long things take, on purpose
ALLOWED = {
    "tests/waiting.py",  # asks for an event again and again
    "tests/progress.py",  # says how long a run has taken
    "tests/twenty.py",  # the same of twenty runs
    "tests/survey/store/surveys/simulated.py",  # its clock is simulated
}
CLOCKS = {"perf_counter", "perf_counter_ns", "process_time", "monotonic", "monotonic_ns", "timeit"}
FILES = {
    str(file.relative_to(ROOT)): file
    for file in sorted((ROOT / "tests").rglob("*.py"))
    if TIMED_FOLDERS.isdisjoint(file.parents)
}


def call_name(call):
    """The last two parts of the called name: `time.sleep`, `page.wait_for_timeout`."""
    return ".".join(ast.unparse(call.func).rsplit(".", 2)[-2:])


def looks_at_the_clock(call):
    name = call_name(call)
    if name.endswith(".sleep"):  # asyncio.sleep(0) only lets others go first
        return not (call.args and ast.unparse(call.args[0]) == "0")
    return name.rpartition(".")[2] in CLOCKS | {"wait_for_timeout"} or name == "time.time"


def draws_without_a_seed(call, imported=frozenset({"random"})):
    if call_name(call) in ("random.Random", "random.default_rng"):
        return not call.args
    name = ast.unparse(call.func)
    return "random" in imported and re.fullmatch(r"random\.[a-z]+", name) is not None


def imported_modules(tree):
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Import)]
    return {alias.name for node in nodes for alias in node.names}


@pytest.mark.parametrize("name", FILES)
def test_no_test_looks_at_the_clock_or_draws_without_a_seed(name):
    calls = [node for node in nodes_of(FILES[name]) if isinstance(node, ast.Call)]
    if name not in ALLOWED:
        assert [ast.unparse(one) for one in calls if looks_at_the_clock(one)] == []
    known = imported_modules(tree_of(FILES[name]))
    assert [ast.unparse(one) for one in calls if draws_without_a_seed(one, known)] == []


@pytest.mark.parametrize(
    ("code", "clock", "chance"),
    [
        ("time.sleep(0.1)", True, False),
        ("asyncio.sleep(0)", False, False),
        ("time.perf_counter()", True, False),
        ("page.wait_for_timeout(100)", True, False),
        ("datetime.time(6)", False, False),
        ("random.random()", False, True),
        ("random.Random(7)", False, False),
        ("np.random.default_rng()", False, True),
        ("np.random.default_rng(6107)", False, False),
    ],
)
def test_clocks_and_chance_are_recognised(code, clock, chance):
    call = ast.parse(code).body[0].value
    assert (looks_at_the_clock(call), draws_without_a_seed(call)) == (clock, chance)


def test_a_red_run_begins_its_part_of_the_twenty_again():
    document = f"{twenty.HEAD}\n| --- | --- | --- | --- | --- | --- |\n\nAfter it."
    for part, said, status in [
        ("quiet", "8 passed in 3.0s", 0),
        ("quiet", "1 failed, 7 passed, 2 skipped in 3.0s (0:03:00)", 1),
        ("quiet", "8 passed, 2 skipped in 3.0s\ntypes: NOT GOOD", 1),
        ("quiet", "8 passed, 2 skipped in 3.0s", 0),
        ("load 4", "8 passed in 3.0s", 1),
    ]:
        result = twenty.result_of(said, status)
        line = f"| {part} | 1234abcd | 1 Dec 2026 | 0.1 | 4 min 0 s | {result} |"
        document = twenty.with_line(document, line)
    rows = twenty.table_rows(document)
    assert [cells[5] for cells in rows] == [
        *("8 passed", "1 failed, 7 passed", "8 passed, types not good", "8 passed"),
        "8 passed, status 1",
    ]
    assert (twenty.green_runs(rows, "quiet"), twenty.green_runs(rows, "load 4")) == (1, 0)
    assert document.endswith("|\n\nAfter it.")


def test_the_document_has_the_table_of_the_twenty_runs():
    assert twenty.DOCUMENT.read_text().count(twenty.HEAD) == 1


async def test_what_a_test_leaves_running_on_its_connection_breaks_no_later_one(server):
    connection = await alone.connect(server)
    of_a_test = roll_back_at_end(connection)
    await of_a_test.__aenter__()
    left = asyncio.create_task(connection.execute("SELECT pg_sleep(0.2)"))
    await asyncio.sleep(0)
    with pytest.raises(asyncpg.InterfaceError, match="another operation"):
        await of_a_test.__aexit__(None, None, None)
    async with roll_back_at_end(connection) as db:
        assert await db.the_connection.fetchval("SELECT 1") == 1
    await left
    await connection.close()
