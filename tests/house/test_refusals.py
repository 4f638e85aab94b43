"""Refusals: one place declares each, in the file of its noun, and others raise it by name."""

import ast
import collections
import functools

import pytest

from survey import problems
from tests.house.trees import ROOT, nodes_of, tree_of

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


def declared_class(node):
    """The name of the refusal that a call of `of` declares; '' if it declares none."""
    called = node.func if isinstance(node, ast.Call) else None
    is_of = isinstance(called, ast.Attribute) and called.attr == "of"
    return refusal_class(ast.Call(called.value)) if is_of else ""


def declared_refusals(tree):
    """Each refusal that a module declares: the call that does, its name and its line."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and declared_class(node.value):
            yield node.value, node.targets[0].id, node.lineno


def returned_refusals(tree):
    """Each refusal that a function returns, with the function; its annotation names the class."""
    for function in tree.body:
        if isinstance(function, ast.FunctionDef) and function.returns:
            for node in ast.walk(function):
                made = node.value if isinstance(node, ast.Return) else None
                if refusal_class(made) == ast.unparse(function.returns).rpartition(".")[2] != "":
                    yield made, function.name, function.lineno


def faults_of_form(tree):
    """The line of each refusal that is made elsewhere, and what to do."""
    made = {call for call, *_ in [*declared_refusals(tree), *returned_refusals(tree)]}
    for node in ast.walk(tree):
        if (name := refusal_class(node) or declared_class(node)) and node not in made:
            yield (
                node.lineno,
                f"declare this {name} in the file that has the other refusals of its noun, "
                f"`unknown_theme = {name}.of(...)`, or return it from a function there, and raise "
                "that",
            )


def noun_of(made):
    """The first part of a refusal's code: "theme" of "theme.unknown"; '' if it cannot be read."""
    code = made.args[0] if made.args else None
    start = code.values[0] if isinstance(code, ast.JoinedStr) else code
    text = start.value if isinstance(start, ast.Constant) else ""
    return text.partition(".")[0] if "." in text else ""


def names_of(made):
    """The values that a declaration waits for, in their order."""
    values = [ast.literal_eval(one) for one in made.args[1:] if isinstance(one, ast.Constant)]
    return problems.place_names("".join(values))


def disagreement(call, names):
    """What a call of a declared refusal gives in another way than its sentences name it; or ''."""
    if any(isinstance(one, ast.Starred) for one in call.args):
        return "give each value by itself"
    named = [one.arg for one in call.keywords]
    given = [*names[: len(call.args)], *named]
    if len(call.args) > len(names) or sorted(given, key=str) != sorted(names):
        return f"give {', '.join(names) or 'no value'}: its sentences name no others"
    return ""


def handed_over(node):
    """The names that the decorators of a function are given: a statement's refusals among them,
    whose sentences name its parameters.
    """
    decorators = node.decorator_list if isinstance(node, ast.FunctionDef) else ()
    given = [one for call in decorators if isinstance(call, ast.Call) for one in call.args]
    return [one.id for one in given if isinstance(one, ast.Name) and one.id in declarations()]


@functools.cache
def product():
    """Each file of the product that makes refusals: its path, what it makes, and its faults."""
    files = [file for room in ROOMS for file in sorted((ROOT / room).rglob("*.py"))]
    # Nobody makes one without importing its class.
    trees = [(file, tree_of(file)) for file in files if "problems" in file.read_text()]
    return [
        (
            file.relative_to(ROOT).as_posix(),
            [*declared_refusals(tree), *returned_refusals(tree)],
            [*faults_of_form(tree)],
        )
        for file, tree in trees
        if file != ROOT / "survey" / "problems.py"
    ]


@functools.cache
def declarations():
    """What each refusal that the product declares waits for, by its name."""
    files = [ROOT / file for file, made, _ in product() if made]
    return {
        name: names_of(made) for file in files for made, name, _ in declared_refusals(tree_of(file))
    }


def test_a_refusal_is_declared_or_made_in_the_return_of_a_function():
    faults = [f"{file}:{line}: {what}" for file, _, faults in product() for line, what in faults]
    assert not faults, "\n".join(faults)


def test_whoever_raises_a_refusal_gives_what_its_sentences_name():
    files = [file for room in (*ROOMS, "tests") for file in sorted((ROOT / room).rglob("*.py"))]
    faults, calls = [], 0
    for file in files:
        for node in nodes_of(file):
            for name in handed_over(node):
                calls += 1
                takes = {one.arg for one in (*node.args.args, *node.args.kwonlyargs)}
                if other := {*declarations()[name]} - takes:
                    where = f"{file.relative_to(ROOT)}:{node.lineno}"
                    faults.append(f"{where}: {name}: {other} are no parameters of the statement")
            called = node.func if isinstance(node, ast.Call) else None
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            if name in declarations():
                calls += 1
                if what := disagreement(node, declarations()[name]):
                    faults.append(f"{file.relative_to(ROOT)}:{node.lineno}: {name}: {what}")
    assert calls > len(declarations()) > 250
    assert not faults, "\n".join(faults)


def test_the_refusals_of_a_noun_stand_in_one_file():
    places = collections.defaultdict(dict)
    for file, refusals, _ in product():
        for made, _, line in refusals:
            places[noun_of(made)].setdefault(file, f"{file}:{line}")
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
    for file, refusals, _ in product():
        for made, name, line in refusals:
            place = f"{file}:{line}: {name}"
            if not noun_of(made):
                faults.append(f'{place}: begin its code with its noun, as "theme.unknown" does')
            if "_" not in name:
                faults.append(f"{place}: say what is wrong with what, as unknown_theme does")
            other = names.setdefault(name, place)
            if other != place:
                faults.append(f"{place}: choose another name; this one is that of {other}")
    assert not faults, "\n".join(faults)


def test_other_forms_are_found():
    tree = ast.parse(
        'late_theme = problems.Gone.of("theme.late", "The theme {theme} was retired.")\n'
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
        "def close_theme():\n"
        '    raise Conflict.of("theme.closed", "This theme is closed.")()\n'
    )
    assert sorted(line for line, _ in faults_of_form(tree)) == [5, 7, 10, 12, 14]
    assert [noun_of(made) for made, *_ in returned_refusals(tree)] == ["theme"]
    assert [(noun_of(made), name) for made, name, _ in declared_refusals(tree)] == [
        ("theme", "late_theme")
    ]


@pytest.mark.parametrize(
    "call",
    ["late()", "late(a)", "late(a, b, c)", "late(*a)", "late(a, theme=b)", "late(a, dey=b)"],
)
def test_a_call_with_other_values_is_found(call):
    assert disagreement(ast.parse(call, mode="eval").body, ("theme", "day"))


@pytest.mark.parametrize("call", ["late(a, b)", "late(a, day=b)", "late(day=b, theme=a)"])
def test_a_call_with_every_value_agrees(call):
    assert not disagreement(ast.parse(call, mode="eval").body, ("theme", "day"))


def test_a_refusal_that_a_statement_raises_is_seen():
    module = ast.parse("@only(Theme, unknown_theme)\ndef get(number: int) -> SQL: ...")
    assert "unknown_theme" in declarations()
    assert handed_over(module.body[0]) == ["unknown_theme"]
