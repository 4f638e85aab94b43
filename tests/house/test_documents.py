"""What a document names exists: files, links, commands, settings, addresses, codes and tests."""

import importlib
import re
from functools import cache

import click
import pytest

from api.__main__ import COMMANDS
from api.settings import OtherVariables, setting_names
from tests.house.trees import ROOT

ROOMS = "api|survey|analysis|tests|docs|frontend|demo|tools"
SKIPPED = {".venv", "node_modules", "var", ".git", ".hypothesis"}
DOCUMENTS = {
    str(file.relative_to(ROOT)): file.read_text(encoding="utf-8")
    for file in sorted(ROOT.rglob("*.md"))
    if not SKIPPED & set(file.relative_to(ROOT).parts)
}
CODE_FILES = {".py", ".sql", ".html", ".toml", ".yml", ".js", ".R"}
FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
SPAN = re.compile(r"`([^`\n]+)`")
PATH = re.compile(rf"(?:^|(?<=[\s`(,]))((?:{ROOMS})/[\w./*{{}},-]+)")
LINK = re.compile(r"\]\(([^)\s]+)\)")
COMMAND = re.compile(r"(?:\./|`|^)soundings ([a-z][a-z-]*)([^`\n]*)", re.MULTILINE)
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
MODULE = re.compile(rf"python (?:-P )?-m ((?:{ROOMS})[\w.]*)")
ADDRESS = re.compile(
    r"/(?:work|reports|surveys|complaints|case|subscribe|unsubscribe|method|about|api|docs|sign-in"
    r"|sign-out|health|access-code|c|logo)(?:/[\w{}./-]*)?"
)
# Names of other people's programs.
FOREIGN = {
    "ERR_CACHE_MISS", "MultiFernet", "ORT_DISABLE_TELEMETRY", "RLIMIT_CORE", "StreamMaxLength",
    "MaxFileSize", "MaxScanSize", "client_max_body_size", "get_session_id", "reduce_range",
    "select_one_from_file", "external_choices", "generated_table_list_label_7", "Gwet",
    "vaderSentiment", "Content-Disposition", "noun_phrases",
    "London_Borough_Excluding_MHW",
}  # fmt: skip


def spans_of(text):
    """The names in backticks of a document, without its blocks of code."""
    return SPAN.findall(FENCE.sub("", text))


def braces_expanded(path):
    """`a/{b,c}` as `a/b` and `a/c`."""
    found = re.search(r"\{([^}]*)\}", path)
    if not found:
        return [path]
    return [
        whole
        for one in found[1].split(",")
        for whole in braces_expanded(path[: found.start()] + one + path[found.end() :])
    ]


def is_there(path):
    whole = path.rstrip(".,:")
    return any(ROOT.glob(whole)) if "*" in whole else (ROOT / whole).exists()


@cache
def file_names():
    return {
        file.name
        for room in ROOMS.split("|")
        for file in (ROOT / room).rglob("*.*")
        if not SKIPPED & set(file.parts)
    }


@cache
def code_words():
    """Every word of the code, and every text in quotation marks that holds a full stop."""
    words = set()
    for room in ROOMS.split("|"):
        for file in (ROOT / room).rglob("*.*"):
            if file.suffix in CODE_FILES and not {*SKIPPED, "static"} & set(file.parts):
                text = file.read_text(encoding="utf-8")
                words.update(re.findall(r"\w+", text), re.findall(r'"([a-z_]+\.[a-z_]+)"', text))
    for file in ("soundings", "pyproject.toml", "docker-compose.yml", "Dockerfile"):
        words.update(re.findall(r"\w+", (ROOT / file).read_text()))
    return words


@cache
def options_of(command):
    """Every option of a command and of the commands below it."""
    module, name = COMMANDS[command].place.split(":")
    found, below = {"--help", "--data"}, [getattr(importlib.import_module(module), name)]
    for one in below:
        if isinstance(one, click.Group):
            below += one.commands.values()
        for parameter in one.params:
            found |= {*parameter.opts, *parameter.secondary_opts}
    return found


def heading_anchors(text):
    heads = re.findall(r"^#+ +(.*)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def missing_paths(name, text):
    for path in PATH.findall(FENCE.sub("", text)):
        for one in braces_expanded(path.split("::")[0]):
            if not is_there(one):
                yield one
    for span in spans_of(text):
        if re.fullmatch(r"[\w-]+\.py", span) and span not in file_names():
            yield span


def missing_links(name, text):
    here = (ROOT / name).parent
    for target in LINK.findall(FENCE.sub("", text)):
        path, _, anchor = target.partition("#")
        if "://" in target or target.startswith("mailto:"):
            continue
        file = here / path if path else ROOT / name
        heads = heading_anchors(file.read_text()) if file.suffix == ".md" and file.exists() else ()
        if not file.exists() or (heads and anchor and anchor not in heads):
            yield target


def missing_commands(name, text):
    for command, rest in COMMAND.findall(text):
        if command not in COMMANDS:
            yield f"soundings {command}"
            continue
        if command != "test":  # the others' arguments go to pytest
            wrong = set(OPTION.findall(rest)) - options_of(command)
            yield from (f"soundings {command} {option}" for option in wrong)
    for module in MODULE.findall(text):
        path = ROOT / module.rstrip(".").replace(".", "/")
        if not (path.with_suffix(".py").exists() or (path / "__main__.py").exists()):
            yield f"python -m {module}"


def missing_settings(name, text):
    known = {*setting_names(), *setting_names(OtherVariables)}
    yield from set(re.findall(r"SOUNDINGS_[A-Z_]*[A-Z]", text)) - known


def missing_tests(name, text):
    for test in re.findall(r"::(test_\w+)", text):
        if test not in code_words():
            yield test


def missing_names(name, text):
    """Names of code and codes of refusals that are nowhere in the code."""
    for span in spans_of(text):
        plain = span.removesuffix("()")
        if re.fullmatch(r"[a-z_]+\.[a-z_]+", plain):
            known = {plain, plain.rpartition(".")[2]} & (code_words() | file_names())
        else:
            must = name == "GLOSSARY.md" or re.search(r"_\w|[a-z][A-Z]", plain)
            must = must and not plain.startswith("SOUNDINGS_")  # those are settings
            known = not (must and re.fullmatch(r"\w+", plain)) or plain in FOREIGN | code_words()
        if not known:
            yield span


CHECKS = [
    missing_paths, missing_links, missing_commands, missing_settings, missing_tests, missing_names,
]  # fmt: skip


@pytest.mark.parametrize("missing", CHECKS, ids=lambda one: one.__name__.removeprefix("missing_"))
def test_what_a_document_names_exists(missing):
    found = {name: sorted(set(missing(name, text))) for name, text in DOCUMENTS.items()}
    assert {name: more for name, more in found.items() if more} == {}


def test_an_address_that_a_document_names_is_a_route(app):
    """Addresses in backticks: a route, a place below which there are routes, or a folder."""
    routes = [re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(route.path)) for route in app.routes]
    known = re.compile("|".join(routes))
    found = {
        f"{name}: {span}"
        for name, text in DOCUMENTS.items()
        for span in spans_of(text)
        if ADDRESS.fullmatch(address := re.sub(r"^(GET|POST) |\?.*$", "", span))
        if not known.fullmatch(re.sub(r"\{[^}]*\}", "x", address))
        and not any(route.startswith(f"{re.escape(address)}/") for route in routes)
        and not (ROOT / address[1:]).exists()
    }
    assert found == set()


def test_the_documents_name_enough_to_be_checked():
    together = "\n".join(DOCUMENTS.values())
    assert len(PATH.findall(together)) > 200
    assert len(COMMAND.findall(together)) > 60
    assert len(re.findall(r"::(test_\w+)", together)) > 25


def test_decisions_are_numbered_without_a_gap_or_a_double():
    numbers = [int(file.name[:4]) for file in sorted((ROOT / "docs/decisions").glob("0*.md"))]
    assert numbers == list(range(1, len(numbers) + 1))
