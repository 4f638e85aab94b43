"""Refusals: one function says each, in the file of its noun, and others raise it by name."""

import ast
import collections
import functools

from survey import problems
from tests.house.trees import ROOT, tree_of

ROOMS = ("api", "survey", "analysis", "demo", "tools")
CLASSES = {
    name
    for name, one in vars(problems).items()
    if isinstance(one, type) and issubclass(one, problems.Problem)
}


def refusal_class(node):
    """The name of the refusal that a call makes; '' if it makes none."""
    called = node.func if isinstance(node, ast.Call) else None
    name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
    return name if name in CLASSES else ""


def returned_refusals(tree):
    """Each refusal that a function returns, with the function; its annotation names the class."""
    for function in tree.body:
        if isinstance(function, ast.FunctionDef) and function.returns:
            for node in ast.walk(function):
                made = node.value if isinstance(node, ast.Return) else None
                if refusal_class(made) == ast.unparse(function.returns).rpartition(".")[2] != "":
                    yield made, function


def faults_of_form(tree):
    """The line of each refusal that is made elsewhere, and what to do."""
    returned = {made for made, _ in returned_refusals(tree)}
    for node in ast.walk(tree):
        if (name := refusal_class(node)) and node not in returned:
            yield (
                node.lineno,
                f"return this {name} from a function of the module, `def unknown_theme(...) -> "
                f"{name}:`, in the file that has the other refusals of its noun, and raise that",
            )


def noun_of(made):
    """The first part of a refusal's code: "theme" of "theme.unknown"; '' if it cannot be read."""
    code = made.args[0] if made.args else None
    start = code.values[0] if isinstance(code, ast.JoinedStr) else code
    text = start.value if isinstance(start, ast.Constant) else ""
    return text.partition(".")[0] if "." in text else ""


@functools.cache
def product():
    """Each file of the product that makes refusals: its path, what it returns, and its faults."""
    files = [file for room in ROOMS for file in sorted((ROOT / room).rglob("*.py"))]
    # Nobody makes one without importing its class.
    trees = [(file, tree_of(file)) for file in files if "problems" in file.read_text()]
    return [
        (file.relative_to(ROOT).as_posix(), [*returned_refusals(tree)], [*faults_of_form(tree)])
        for file, tree in trees
    ]


def test_a_refusal_is_made_in_the_return_of_a_function():
    faults = [f"{file}:{line}: {what}" for file, _, faults in product() for line, what in faults]
    assert not faults, "\n".join(faults)


def test_the_refusals_of_a_noun_stand_in_one_file():
    places = collections.defaultdict(dict)
    for file, returned, _ in product():
        for made, _ in returned:
            places[noun_of(made)].setdefault(file, f"{file}:{made.lineno}")
    assert len(places) > 50
    faults = [
        f"{' and '.join(found.values())}: move the refusals {noun}.* to one of these, or to "
        "another room that all may import, and import them from there"
        for noun, found in places.items()
        if len(found) > 1
    ]
    assert not faults, "\n".join(faults)


def test_a_refusal_has_a_noun_and_a_name_of_its_own():
    names, faults = {}, []
    for file, returned, _ in product():
        for made, function in returned:
            place = f"{file}:{function.lineno}: {function.name}"
            if not noun_of(made):
                faults.append(f'{place}: begin its code with its noun, as "theme.unknown" does')
            if "_" not in function.name:
                faults.append(f"{place}: say what is wrong with what, as unknown_theme does")
            other = names.setdefault(function.name, place)
            if other != place:
                faults.append(f"{place}: choose another name; this one is that of {other}")
    assert not faults, "\n".join(faults)


def test_other_forms_are_found():
    tree = ast.parse(
        "def unknown_theme() -> NotFound:\n"
        '    return NotFound("theme.unknown", "There is no such theme.")\n'
        "def find_theme():\n"
        '    raise NotFound("theme.unknown", "There is no such theme.")\n'
        "def old_theme() -> Problem:\n"
        '    return problems.Gone("theme.gone", "This theme was retired.")\n'
        "class Book:\n"
        "    def missing_theme(self) -> NotFound:\n"
        '        return NotFound("theme.unknown", "There is no such theme.")\n'
        "async def theme_in_use() -> Conflict:\n"
        '    return Conflict("theme.in_use", "Texts have this theme.")\n'
    )
    assert sorted(line for line, _ in faults_of_form(tree)) == [4, 6, 9, 11]
    assert [noun_of(made) for made, _ in returned_refusals(tree)] == ["theme"]
