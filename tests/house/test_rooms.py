"""Rooms: few modules with one importer, tests under the same names."""

import ast
import collections
import functools
import graphlib
import subprocess
import sys

from tests.house.trees import ROOT, tree_of

ROOMS = ("api", "survey", "analysis", "demo", "tools")
MOST_WITH_ONE_IMPORTER = 0.25
REGISTRIES = {
    "analysis/editions/chapters": "one file a chapter",
    "api/editions/chapters": "one file a chapter",
}
HEAVY = ("litestar", "asyncpg", "numpy", "scipy", "sklearn", "onnxruntime", "altair", "lxml")


def modules():
    """Each module of the product by its dotted name, and its file."""
    files = (file for room in ROOMS for file in (ROOT / room).rglob("*.py"))
    for file in files:
        parts = file.relative_to(ROOT).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), file


def imported_modules(tree, known):
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in known else node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


@functools.cache
def product_imports():
    """The modules of the product that each of them imports, also inside of functions."""
    known = dict(modules())
    return {
        name: {one for one in imported_modules(tree_of(file), known) if one in known} - {name}
        for name, file in known.items()
    }


def test_few_modules_have_one_importer():
    """Such a module is a page torn out of a book; entries of a registry are none."""
    known = dict(modules())
    importers = collections.Counter(one for more in product_imports().values() for one in more)
    single = [
        name
        for name, file in known.items()
        if importers[name] == 1 and file.parent.relative_to(ROOT).as_posix() not in REGISTRIES
    ]
    assert len(single) < MOST_WITH_ONE_IMPORTER * len(known)
    assert {name for name in REGISTRIES if not (ROOT / name).is_dir()} == set()


def test_no_imports_go_in_circles():
    """Not even late ones, inside of functions: whoever reads a circle has no place to begin."""
    graphlib.TopologicalSorter(product_imports()).prepare()  # an error would name the circle


def names_bound(tree):
    """Each name that a module binds at its top, with the module that it is, if it is imported."""
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            yield from ((one.asname or one.name, f"{node.module}.{one.name}") for one in node.names)
        elif hasattr(node, "name"):
            yield node.name, ""
        elif isinstance(node, ast.Assign):
            yield from ((one.id, "") for one in node.targets if isinstance(one, ast.Name))


def test_no_package_gives_another_meaning_to_the_name_of_its_module():
    """Python sets the name of a module in its package when it is imported: what the package bound
    under that name before is then something else, or the module cannot be imported from it.
    """
    known = dict(modules())
    assert [
        f"{package}.{name}"
        for package, file in known.items()
        if file.name == "__init__.py"
        for name, what in names_bound(tree_of(file))
        if f"{package}.{name}" in known and what != f"{package}.{name}"
    ] == []


def test_the_tests_of_a_room_have_its_name():
    folders = [
        file.parent.relative_to(ROOT / "tests")
        for room in ROOMS
        for file in (ROOT / "tests" / room).rglob("test_*.py")
    ]
    assert len(folders) > 150
    assert {str(one) for one in folders if not (ROOT / one).is_dir()} == set()


def test_the_list_of_commands_loads_none_of_them():
    check = (
        "import sys\nfrom api.__main__ import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        f"print('loaded', [one for one in {HEAVY} if one in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-c", check], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert found.stdout.splitlines()[-1] == "loaded []"
