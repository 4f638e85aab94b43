"""Rules for our own code: imports, sizes, names, where SQL is written, and what is documented."""

import ast
import collections
import functools
import re
import statistics
import subprocess
import sys
import tomllib
import typing
from collections.abc import Iterator
from pathlib import Path

import jinja2.nodes
import msgspec
import pytest

import analysis
import api
import survey
from analysis.editions.gate import TREATMENTS
from api.__main__ import COMMANDS
from api.pages import shell
from api.process import installation
from api.settings import Settings
from survey.editions import Edition, SafeEdition
from tests import alone
from tests.house.landed import current_hashes, landed_hashes
from tests.house.test_rooms import REGISTRIES
from tests.house.trees import ROOT, nodes_of, tree_of
from tests.released import RELEASES

ROOMS = ("api", "survey", "analysis", "demo")
FILES = sorted(file for room in ROOMS for file in (ROOT / room).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())

SQL = re.compile(
    r"\s*(SELECT|INSERT INTO|UPDATE \w+\s+SET|DELETE FROM|WITH \w+ AS|CREATE|ALTER|DROP|TRUNCATE"
    r"|LOCK|COPY|LISTEN|NOTIFY)\s"
)
DATABASE_METHODS = {"fetch", "fetchrow", "fetchval", "executemany", "copy_records_to_table"}
VAGUE_WORDS = {
    "utils", "util", "helpers", "helper", "common", "manager", "service", "handler", "processor",
    "misc",
}  # fmt: skip
PARTICIPLE = re.compile(
    r"(un|re)?([a-z]*[a-df-z]ed|beaten|begun|bought|broken|brought|built|caught|chosen|done|drawn|fallen|felt"
    r"|forgotten|found|frozen|given|gone|got|grown|heard|held|hidden|kept|known|laid|learnt|left"
    r"|lent|lost|made|meant|met|paid|proven|said|seen|sent|shaken|shown|sold|spent|spoken|stolen"
    r"|stood|sworn|taken|taught|thought|thrown|told|torn|understood|won|worn|woven|written)"
    r"(_(again|apart|away|back|by|for|in|into|now|of|off|on|out|over|then|to|together|up|with))*"
)
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|^(<{7}|>{7}) ", re.MULTILINE)
Function = ast.FunctionDef | ast.AsyncFunctionDef


def relative_name(file: Path) -> str:
    return str(file.relative_to(ROOT))


@functools.cache
def functions(file: Path) -> list[Function]:
    return [node for node in nodes_of(file) if isinstance(node, Function)]


def line_count(file: Path, node: Function) -> int:
    """Lines of a function without comments: whoever says why must not be pressed for room."""
    lines = lines_of(file)[node.lineno - 1 : node.end_lineno]
    return sum(1 for line in lines if not line.lstrip().startswith("#"))


@functools.cache
def lines_of(file: Path) -> list[str]:
    return file.read_text().splitlines()


@pytest.mark.parametrize("room", [api, survey, analysis])
def test_the_rooms_are_ours(room):
    """PyPI has packages of these names; an installed one could come before ours."""
    assert Path(room.__file__).parent == ROOT / room.__name__


# How many modules and folders may be outside of their measure: put a smaller number here.
OUTSIDE = {"too large": 21, "too small": 61, "folders of few": 1, "folders of many": 2}
SMALLEST, LARGEST = 150, 400  # lines of a module
FEWEST, MOST = 4, 14  # modules and folders in a folder


def is_module(package: str) -> bool:
    """Whether a folder has its noun in its `__init__`, which then is one of its modules."""
    return len(tree_of(ROOT / package / "__init__.py").body) > 1


def outside_counts() -> dict[str, int]:
    """Modules of another size than 150 to 400 lines, folders with other than 4 to 14 entries."""
    sizes = {
        relative_name(file): len(lines_of(file))
        for file in FILES
        if file.name != "__init__.py" and file.parent.relative_to(ROOT).as_posix() not in REGISTRIES
    }
    entries = collections.Counter(
        place.parent
        for place in {*FILES, *(folder for file in FILES for folder in file.parents)}
        if place.is_relative_to(ROOT) and place.name != "__init__.py"
    )
    holds = {
        place.relative_to(ROOT).as_posix(): number
        for place, number in entries.items()
        if place != ROOT and place.is_relative_to(ROOT)
    }
    inside = {name: number for name, number in holds.items() if name not in REGISTRIES}
    return {
        "too large": sum(size > LARGEST for size in sizes.values()),
        "too small": sum(size < SMALLEST for size in sizes.values()),
        "folders of few": sum(n + is_module(name) < FEWEST for name, n in inside.items()),
        "folders of many": sum(number > MOST for number in inside.values()),
    }


def test_fewer_modules_and_folders_are_outside_of_their_measure():
    """A module has 150 to 400 lines, a folder 4 to 14 entries: what is not yet so grows fewer."""
    more = {what: number for what, number in outside_counts().items() if number > OUTSIDE[what]}
    assert more == {}


def test_no_module_is_longer_than_500_lines():
    sizes = {relative_name(file): len(lines_of(file)) for file in FILES}
    assert {name: n for name, n in sizes.items() if n > 500} == {}


def test_no_function_is_longer_than_one_reads_in_one_go():
    sizes = {
        f"{relative_name(file)}:{node.name}": line_count(file, node)
        for file in FILES
        for node in functions(file)
    }
    assert {name: n for name, n in sizes.items() if n > 60} == {}


def test_no_test_outgrows_a_screen():
    sizes = {
        f"{relative_name(file)}:{node.name}": line_count(file, node)
        for file in TESTS
        for node in functions(file)
        if node.name.startswith("test_")
    }
    assert {name: n for name, n in sizes.items() if n > 40} == {}
    assert statistics.median(sizes.values()) <= 10


def test_complexity_and_parameters_are_limited_and_nobody_is_excused():
    lint = PROJECT["tool"]["ruff"]["lint"]
    assert {"C90", "PLR"} <= set(lint["select"])
    assert lint["mccabe"]["max-complexity"] == 10
    assert lint["pylint"]["max-args"] == 7
    excused = re.compile(r"noqa:.*(C901|PLR09)")
    assert [relative_name(file) for file in FILES if excused.search(file.read_text())] == []


def code_strings(file: Path) -> Iterator[str]:
    """Every string of a file that is not a docstring."""
    spoken = {
        node.body[0].value
        for node in nodes_of(file)
        if isinstance(node, ast.Module | ast.ClassDef | Function)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    return (
        node.value
        for node in nodes_of(file)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in spoken
    )


def files_outside_the_store() -> list[Path]:
    return [file for file in FILES if ROOT / "survey" / "store" not in file.parents]


def test_sql_lives_in_the_store():
    found = [
        (relative_name(file), text)
        for file in files_outside_the_store()
        for text in code_strings(file)
        if SQL.match(text)
    ]
    assert found == []


def test_only_the_store_asks_the_database():
    found = [
        f"{relative_name(file)}:{node.lineno}"
        for file in files_outside_the_store()
        for node in nodes_of(file)
        if isinstance(node, ast.Attribute) and node.attr in DATABASE_METHODS
    ]
    assert found == []


def test_every_module_says_what_it_is_for():
    silent = [
        relative_name(f) for f in FILES if tree_of(f).body and ast.get_docstring(tree_of(f)) is None
    ]
    assert silent == []


def words_of_name(name: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+", name)}


def test_no_name_is_vague():
    modules = {relative_name(file): words_of_name(file.stem) for file in FILES}
    things = {
        f"{relative_name(file)}:{node.name}": words_of_name(node.name)
        for file in FILES
        for node in nodes_of(file)
        if isinstance(node, ast.ClassDef | Function)
    }
    assert [name for name, parts in (modules | things).items() if parts & VAGUE_WORDS] == []
    doing = [name for name in things if name.split(":")[1].startswith(("do_", "process_"))]
    assert doing == []


def bound_names(file: Path) -> Iterator[str]:
    """The variables and parameters of a module, or the names that a template uses."""
    if file.suffix == ".html":
        tree = shell.build_environment().parse(file.read_text())
        yield from (name.name for name in tree.find_all(jinja2.nodes.Name))
        return
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def test_a_variable_says_what_it_is():
    """`one` and `found` are no names, in modules and in templates."""
    files = [*FILES, *(ROOT / "api/pages/templates").rglob("*.html")]
    assert [relative_name(file) for file in files if {"one", "found"} & {*bound_names(file)}] == []


def test_no_function_is_named_by_a_bare_participle():
    """A verb for every effect, the field's noun for every value: `kept` says neither."""
    assert [
        f"{relative_name(file)}:{node.lineno}: {node.name}"
        for file in FILES
        for node in functions(file)
        if PARTICIPLE.fullmatch(node.name.strip("_"))
    ] == []


def test_nothing_is_unfinished():
    places = [*ROOMS, "docs", "frontend", "README.md", "GLOSSARY.md", "CHANGELOG.md"]
    kinds = {".py", ".sql", ".html", ".css", ".js", ".md", ".toml"}
    files = [
        file
        for place in places
        for file in [ROOT / place, *(ROOT / place).rglob("*")]
        if file.suffix in kinds and file.is_file()
        if ".min." not in file.name
    ]
    assert [
        relative_name(f) for f in files if UNFINISHED.search(f.read_text(errors="replace"))
    ] == []


def test_a_schema_file_never_changes_after_it_landed():
    """A change needs a new file; `python -P -m tests.house.landed` records its hash."""
    assert current_hashes() == landed_hashes()


# Named before the baseline, which refuses their databases (docs/decisions/0037-schema-by-noun.md).
BEFORE_BASELINE = {"0.1.0"}


def test_each_named_version_has_its_database():
    """`python -P -m tests.populated VERSION` makes it; every later version is tested with it."""
    named = re.findall(r"^## (\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.md").read_text(), re.M)
    assert named
    assert set(named) - BEFORE_BASELINE <= set(RELEASES)


def test_each_schema_file_has_a_number_of_its_own():
    """They are applied in this order. Three digits: the names of before the baseline had two or
    four, and none may be the name of another file now.
    """
    numbers = [name.split("_")[0] for name in current_hashes()]
    assert all(re.fullmatch("[0-9]{3}", number) for number in numbers)
    assert len(set(numbers)) == len(numbers)
    assert "001" in numbers


def structs_in(kind):
    """Every Struct that can appear in a value of this type."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        yield kind
        for field in msgspec.structs.fields(kind):
            yield from structs_in(field.type)
    for part in typing.get_args(kind):
        yield from structs_in(part)


def test_every_field_of_an_edition_is_named_in_the_disclosure_gate():
    """A field that no chapter names is published empty."""
    for kind in {*structs_in(Edition), SafeEdition}:
        has = {field.name for field in msgspec.structs.fields(kind)}
        assert has == TREATMENTS.get(kind, {}).keys(), kind
    assert {*TREATMENTS} == {*structs_in(Edition), SafeEdition}


async def test_every_foreign_key_has_an_index(db):
    missing = await db.the_connection.fetch(
        """
        SELECT conrelid::regclass::text AS table, conname FROM pg_constraint c
         WHERE contype = 'f' AND NOT EXISTS (
            SELECT FROM pg_index i WHERE i.indrelid = c.conrelid AND i.indpred IS NULL
               AND (i.indkey::int2[])[0:cardinality(c.conkey) - 1] = c.conkey)
        """
    )
    assert missing == []


CLOCKS = {"now", "today", "utcnow", "time", "monotonic", "perf_counter"}
CHANCE = {"random", "secrets", "uuid"}
NETWORK = {"socket", "http", "urllib", "requests", "httpx", "ssl", "asyncio", "subprocess"}


def imported_packages(file: Path) -> set[str]:
    found = set()
    for node in nodes_of(file):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").split(".")[0])
    return found


ANALYSIS_FILES = [f for f in FILES if relative_name(f).startswith("analysis/")]


@pytest.mark.parametrize("file", ANALYSIS_FILES, ids=relative_name)
def test_analysis_knows_no_clock_no_chance_of_its_own_and_no_network(file):
    assert not imported_packages(file) & ({"time"} | CHANCE | NETWORK)
    for node in nodes_of(file):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            call = ast.unparse(node.func)
            assert not (call.startswith(("datetime.", "date.")) and node.func.attr in CLOCKS), call
            if call.startswith(("np.random.", "numpy.random.")):
                assert node.func.attr in {"default_rng", "Generator"}, call
                assert node.args, f"{call} without a seed"


def test_nouns_import_nothing_but_msgspec_and_what_python_brings():
    allowed = set(sys.stdlib_module_names) | {"msgspec", "survey"}
    found = {
        relative_name(file): imported_packages(file) - allowed
        for file in (ROOT / "survey").glob("*.py")
    }
    assert {name: more for name, more in found.items() if more} == {}


def list_loaded(imports, libraries):
    """Which of the libraries a new process has loaded after these lines."""
    check = f"{imports}\nimport sys\nprint([m for m in {libraries} if m in sys.modules])"
    found = subprocess.run(
        [sys.executable, "-c", check], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return found.stdout.strip()


def test_the_pages_are_served_without_the_libraries_of_analysis():
    """They take seconds to load; a page that needs one of them loads it then.

    The staff pages are imported when the application is built: one of them once brought TextBlob,
    and with it scikit-learn and pandas.
    """
    slow = ("sklearn", "textblob", "onnxruntime", "altair", "arro3", "scipy.stats")
    slow += ("scipy.optimize", "pandas", "pyxform", "openpyxl", "httpx")
    built = "from api import app\nfrom api.settings import Settings\napp.build(Settings())"
    assert list_loaded(built, slow) == "[]"


async def test_the_process_that_runs_the_others_is_small(server):
    """Also once it has prepared a database that existed: it stays for as long as the service."""
    slow = ("litestar", "jinja2", "uvicorn", "numpy", "lxml")
    async with alone.create_database(server, "small_parent") as dsn:
        starts = [
            "import asyncio",
            "from api.commands.serving import serve",
            "from api.settings import Settings",
            f"given = Settings(database_url={dsn!r}, allow_unsafe_database=True)",
            "asyncio.run(serve.prepare_in_child(given, given))",
            "asyncio.run(serve.print_first_account_hint(given))",
        ]
        assert list_loaded("\n".join(starts), slow).splitlines()[-1] == "[]"


def test_whatever_computes_an_edition_changes_its_code_version():
    """What is read from the imports is what is loaded in fact, and the tables that it reads."""
    makes = ", ".join(installation.MAKES_EDITIONS)
    loads = f"import {makes}, sys; print(*(m.__file__ for m in sys.modules.values()"
    ours = f" if (getattr(m, '__file__', '') or '').startswith(({str(ROOT / 'analysis')!r},"
    loads += ours + f" {str(ROOT / 'survey')!r}))), sep='\\n')"
    found = subprocess.run(
        [sys.executable, "-c", loads], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = {Path(line) for line in found.stdout.split()}
    listed = {*installation.computing_files()}
    assert len(loaded) > 80
    assert loaded - listed == set()
    tables = {relative_name(file) for file in listed - loaded}
    assert "survey/cases/allegations.toml" in tables
    assert {name for name in tables if not name.endswith(installation.TABLES)} == set()


def documentation_text() -> str:
    files = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    if not files[0].exists():
        pytest.skip("README.md is not written yet, so nothing can be looked up in it")
    return "\n".join(file.read_text() for file in files)


def test_every_setting_is_documented():
    text = documentation_text()
    names = [f"SOUNDINGS_{field.name.upper()}" for field in msgspec.structs.fields(Settings)]
    assert [name for name in names if name not in text] == []


def test_every_command_is_documented():
    text = documentation_text()
    assert [name for name in COMMANDS if not re.search(rf"soundings {name}\b", text)] == []


def test_every_route_of_the_api_is_documented(app):
    text = documentation_text()
    paths = [
        path
        for path in app.openapi_schema.to_schema()["paths"]
        if path.startswith(("/api", "/health"))
    ]
    assert len(paths) > 8
    assert [path for path in paths if path not in text] == []
