"""Writes the pages of docs/reference that the code knows: `python -P docs/reference.py`.

The API comes from its OpenAPI document, settings from api/settings.py, commands from their own
help, permissions from the guards of the pages, item types and refusals from where they are
declared.
"""

import ast
import inspect
import sys
import typing
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from api.__main__ import COMMANDS, main  # noqa: E402 - the repository is put on the path first
from api.app import build  # noqa: E402
from api.jobs.kinds import job_kinds  # noqa: E402
from api.operations.survey_rights import SurveyAct, is_allowed  # noqa: E402
from api.pages.organiser.builder.drafts import EMPTY_INSTRUMENT  # noqa: E402
from api.pages.organiser.builder.questions import new_part  # noqa: E402
from api.pages.staff.admin.accounts import ROLE_HINTS  # noqa: E402
from api.pages.work import staff_menu  # noqa: E402
from api.security.people import ROLES, Person, SignedIn  # noqa: E402
from api.settings import OtherVariables, Settings, environment_name  # noqa: E402
from docs.api_page import api_page  # noqa: E402
from survey import problems  # noqa: E402
from survey.store.accounts.programs import Scope  # noqa: E402
from survey.store.surveys import SurveyOwner  # noqa: E402
from survey.surveys.instruments.drafts import InstrumentDraft  # noqa: E402
from survey.surveys.item_types import PART_TYPES, Item  # noqa: E402
from tests.house.manifest import reached  # noqa: E402

FOLDER = ROOT / "docs/reference"
BAR = "\\|"  # within a cell
MADE = "Made by `python -P docs/reference.py`; change what it is made from, not this page."


def pages() -> dict[str, str]:
    return {
        "api.md": api_page(),
        "settings.md": page("Settings", "Operators", settings_lines()),
        "commands.md": page("Commands", "Operators and programmers", command_lines()),
        "permissions.md": page("Permissions", "Administrators", permission_lines()),
        "jobs.md": page("Jobs", "Operators", job_lines()),
        "item-types.md": page("Types of question", "Organisers and programmers", type_lines()),
        "refusals.md": page("Codes of refusals", "Programmers", refusal_lines()),
    }


def page(title: str, readers: str, lines: Iterator[str]) -> str:
    return "\n".join((f"---\nfor: {readers}\n---\n# {title}\n\n{MADE}", *lines)) + "\n"


def table(*heads: str) -> str:
    return f"\n| {' | '.join(heads)} |\n|{' --- |' * len(heads)}"


def row(*cells: str) -> str:
    return f"| {' | '.join(' '.join(cell.split()).replace('|', BAR) for cell in cells)} |"


# Settings


def settings_lines() -> Iterator[str]:
    yield (
        "\nSet them as environment variables, or as lines `NAME=value` of `settings.env` in the "
        "data folder; with Compose in `.env`. The environment takes precedence. "
        "A name that begins with `SOUNDINGS_` and is no setting is refused (`settings.unknown`). "
        "`./soundings doctor` shows the value of each."
    )
    yield from struct_lines(Settings)
    yield "\n## Variables of the programs around it"
    yield from struct_lines(OtherVariables, "###")


def struct_lines(struct: type[msgspec.Struct], level: str = "##") -> Iterator[str]:
    """A table of the fields below each comment in the class; the text of a field follows it."""
    lines, _ = inspect.getsourcelines(struct)
    [body] = ast.parse("".join(lines)).body
    defaults = {field.name: field.default for field in msgspec.structs.fields(struct)}
    texts = {
        node.target.id: (node.lineno, following.value.value)
        for node, following in zip(body.body, body.body[1:], strict=False)
        if isinstance(node, ast.AnnAssign)
    }
    for number, line in enumerate(lines, 1):
        if line.startswith("    # "):
            yield from heading_lines(line.strip(" #\n"), level)
            yield table("variable", "default", "meaning")
        for name, (place, text) in texts.items():
            if place == number:
                yield row(f"`{environment_name(name)}`", default_text(defaults[name]), text)


def heading_lines(comment: str, level: str) -> Iterator[str]:
    title, _, told = comment.partition(" (docs/")
    yield f"\n{level} {title}"
    if told:
        yield f"\n[How to use them](../{told.rstrip(')')})."


def default_text(default: object) -> str:
    match default:
        case "":
            return "empty"
        case Path():
            return f"`{default.relative_to(ROOT)}` in the program's folder"
        case bool():
            return f"`{str(default).lower()}`"
    return f"`{default}`"


# Commands

PLAIN_VALUES = {
    "[%Y-%m-%d]": "DAY", "INTEGER RANGE": "NUMBER", "FLOAT RANGE": "NUMBER", "INTEGER": "NUMBER",
}  # fmt: skip


def command_lines() -> Iterator[str]:
    yield (
        "\n`./soundings COMMAND --help` shows the same. `--data FOLDER`, which most commands take, "
        "says where the embedded database and the keys are. With Compose a command is "
        "`docker compose exec app python -P -m api COMMAND`."
    )
    for name in COMMANDS:
        yield from lines_of_command(name, main.get_command(click.Context(main), name), "##")


def lines_of_command(name: str, command: click.Command, level: str) -> Iterator[str]:
    context = click.Context(command, info_name=name)
    usage = in_plain_words(" ".join(command.collect_usage_pieces(context)))
    yield f"\n{level} {name}\n\n`soundings {name} {usage}`\n\n{help_text(command.help or '')}"
    options = [
        (option, told)
        for option in command.params
        if (told := getattr(option, "help", "")) and option.name != "data"
    ]
    if options:
        yield table("option", "what it does")
    for option, told in options:
        names = ", ".join((*option.opts, *option.secondary_opts))
        takes = "" if option.is_flag else f" {in_plain_words(option.make_metavar(context))}"
        yield row(f"`{names}{takes}`", told)
    if isinstance(command, click.Group):
        for below, inner in command.commands.items():
            yield from lines_of_command(f"{name} {below}", inner, "###")


def in_plain_words(usage: str) -> str:
    for old, new in PLAIN_VALUES.items():
        usage = usage.replace(old, new)
    return usage


def help_text(text: str) -> str:
    """Help in paragraphs; the lines after a \\b, which click leaves as they are, as a block."""
    return "\n\n".join(
        f"```text\n{part.strip(chr(8)).strip()}\n```"
        if part.startswith("\b")
        else part.replace("<", "\\<")
        for part in inspect.cleandoc(text).split("\n\n")
    )


# Permissions


def permission_lines() -> Iterator[str]:
    yield (
        "\nAn account has one role, which an administrator gives it on *Staff accounts*. Residents "
        "need no account: a code, or a case number with its passphrase, opens what they sent."
    )
    yield table("role", "")
    yield from (row(role.capitalize(), hint) for role, hint in ROLE_HINTS.items())
    yield "\n## Pages\n\nAn address stands for all that is below it."
    yield table("page", "address", *(f"{role}s" for role in ROLES))
    menu = {entry.address: entry.label for entry in staff_menu()}
    for folder, parts in folders_of_pages().items():
        for roles, names in parts.items():
            below = f": {', '.join(names)}" if parts.keys() - {roles} else ""
            ticks = ("✓" if role in (*roles, "administrator") else "" for role in ROLES)
            yield row(menu.get(folder, ""), f"`{folder}`{below}", *ticks)
    yield from survey_lines()
    reads, sends = typing.get_args(Scope)
    yield (
        "\n## Keys of programs\n\nSomebody with an account makes a key at `/work/keys`. With it a "
        f"program may do one of two things, if the owner of the key may: *{reads}* as OData, or "
        f"*{sends}* to one survey."
    )


def folders_of_pages() -> dict[str, dict[tuple[str, ...], list[str]]]:
    """The folders of pages under /work: by roles, the names of the parts that these may open."""
    found: dict[str, dict[tuple[str, ...], list[str]]] = {}
    for route in build(Settings()).routes:
        _, *segments = route.path.split("/")
        names = [name for name in segments if not name.startswith("{")][2:3] or ["the page itself"]
        folder = "/" + "/".join(segments[:2]).partition(".")[0]
        for handler in getattr(route, "route_handlers", ()):
            for guard in handler.resolve_guards():
                if isinstance(guard, SignedIn):
                    parts = found.setdefault(folder, {})
                    parts[guard.roles] = sorted({*parts.get(guard.roles, ()), *names})
    return dict(sorted(found.items()))


def survey_lines() -> Iterator[str]:
    """Who may do what with a survey, asked of the function that decides it."""
    people = {role: Person(role, "", "", role) for role in ROLES}
    own = SurveyOwner("a-survey", "survey", "organiser")
    built_in = SurveyOwner("feedback", "survey", None)
    columns = {
        "the organiser who made it": (people["organiser"], own),
        "an administrator": (people["administrator"], own),
        "an organiser, of a built-in one": (people["organiser"], built_in),
        "a reviewer, of a built-in one": (people["reviewer"], built_in),
        "an administrator, of a built-in one": (people["administrator"], built_in),
    }
    yield (
        "\n## Surveys\n\nWhat people may do with a survey also depends on whose it is. Other "
        "organisers do not see it. Answers to the complaint form are on the pages of complaints."
    )
    yield table("may", *columns)
    for act in typing.get_args(SurveyAct):
        allowed = (is_allowed(person, act, survey) for person, survey in columns.values())
        yield row(act, *("✓" if yes else "" for yes in allowed))


# Jobs

WHEN = {
    "weekly": "each Monday from six",
    "monthly": "on the first of the month from six",
    "quarterly": "on the first day of a quarter from six",
    "every_working_day": "each working day from six",
    "hourly": "each hour",
    "after_each_hour": "five minutes after each hour",
}


def job_lines() -> Iterator[str]:
    yield (
        "\nThe worker does them one after the other, and emails and virus scans in between. What "
        "the calendar asks for is done once, however late the worker comes; hours are London's. "
        "[What happens when one fails](../how-to/operators/when-something-fails.md#jobs)."
    )
    yield table("job", "when", "kind, in logs and metrics")
    for kind in job_kinds().values():
        when = WHEN[kind.cadence.__name__] if kind.cadence else "when it is asked for"
        yield row(kind.label.partition(", every")[0], when, f"`{kind.name}`")


# Types of question


def type_lines() -> Iterator[str]:
    yield (
        "\nThe builder offers them under these names. All but `foreign` work on a page, on paper, "
        "on a phone, in a spreadsheet (XLSForm) and in JSON, where `type` names them. Every "
        f"question has the fields {', '.join(f'`{name}`' for name in Item.__struct_fields__)}."
    )
    yield table("in the builder", "`type`", "what it is", "fields of its own", "stored, such as")
    for tag, kind in PART_TYPES.items():
        own = [name for name in kind.__struct_fields__ if name not in Item.__struct_fields__]
        told = (inspect.getdoc(kind) or "").partition("\n\n")[0]
        fields = ", ".join(f"`{name}`" for name in own)
        yield row(kind.builder_label or "-", f"`{tag}`", told, fields, stored(kind))


def stored(kind: type[msgspec.Struct]) -> str:
    """A usual answer to a question as the builder makes it, as JSON."""
    if not (issubclass(kind, Item) and kind.is_asked and kind.builder_label):
        return "-"
    draft = InstrumentDraft(instrument=EMPTY_INSTRUMENT)
    question = new_part(draft, kind.tag(), "What colour was it?")
    return f"`{msgspec.json.encode(question.trial_answer(most=False)).decode()}`"


# Refusals


def refusal_lines() -> Iterator[str]:
    yield (
        "\nEach refusal has a stable code, which a program may compare with, a sentence, and what "
        "to do next. The number is the HTTP status."
    )
    by_noun: dict[str, set[str]] = defaultdict(set)
    for code, _, kind in (line.partition(" (") for line in reached.refusals()):
        status = getattr(problems, kind.rstrip(")")).status
        by_noun[code.partition(".")[0]].add(f"`{code}` {status}")
    yield table("about", "codes")
    for noun, codes in sorted(by_noun.items()):
        yield row(noun.replace("_", " "), ", ".join(sorted(codes)))


if __name__ == "__main__":
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
