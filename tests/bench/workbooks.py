"""What happens to all workbooks of a folder: see tests/bench/surveys.py, which runs it."""

import asyncio
import logging
import random
import re
import tempfile
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import asyncpg
import click
import httpx
import msgspec
from pyxform.errors import PyXFormError
from pyxform.xls2xform import convert

from api.app import build
from api.operations import foundations
from api.pages.organiser.builder.publication import next_version
from api.pages.organiser.builder.sentences import SurveyFault, survey_faults
from api.settings import Settings
from survey.formats import readers
from survey.formats.foreign import ImportedInstrument
from survey.problems import Problem
from survey.store import database
from survey.store.connections import embedded
from survey.store.surveys import instruments
from survey.surveys.instruments import Instrument
from survey.surveys.instruments.drafts import InstrumentDraft
from tests.bench.losses import Loss, find_losses
from tests.conftest import OneConnection, roll_back_at_end
from tests.stored.complaint_forms import KEYRING
from tests.stored.random_answers import HeldByRule, StuckOnPage, walk_survey

KINDS = (".xlsx", ".xls", ".xlsm")
BASE = "/surveys/walked"
VARYING_WORDS = re.compile(r"“[^”]*”|\"[^\"]*\"|'[^']*'|\b\d+\b")


class WorkbookOutcome(msgspec.Struct):
    """What happened to one workbook."""

    file: str
    given: dict[str, Any] | None = None  # as pyxform reads it; None where it refuses
    found: ImportedInstrument | None = None
    refused: str = ""
    breaks: str = ""  # pyxform, at its own form
    crash: str = ""
    now: Instrument | None = None
    stops: list[SurveyFault] = []
    losses: list[Loss] = []
    stuck: list[str] = []  # with an error of ours, or a dead end
    held: list[str] = []  # by a rule of its own that random answers do not meet


def read_workbook(file: Path) -> WorkbookOutcome:
    one = WorkbookOutcome(file.name)
    try:
        one.given = convert(str(file))._pyxform
    except PyXFormError:
        pass
    except Exception as broken:
        one.breaks = f"{type(broken).__name__}: {broken}"
    try:
        one.found = readers.read(file.name, file.read_bytes())
    except Problem as refused:
        one.refused = refused.sentence
        return one
    except Exception as broken:
        one.crash = f"import: {type(broken).__name__}: {broken}"
        return one
    draft = InstrumentDraft(
        instrument=one.found.instrument, left=one.found.left, lists=one.found.lists
    )
    try:
        one.now, faults = next_version(draft, [])
        one.stops = survey_faults(one.now, faults)
        if one.given is not None:
            one.losses = find_losses(one.given, one.found)
    except Exception as broken:
        one.crash = f"check: {type(broken).__name__}: {broken}"
    return one


async def walk_all(outcomes: list[WorkbookOutcome], address: str, seed: int, people: int) -> None:
    """Let random people answer every survey that can be published."""
    connection = await asyncpg.connect(address)
    await database.set_json_codec(connection)
    await database.migrate(connection)
    await foundations.load_foundations(connection)
    app = build(Settings(sends_per_minute=1_000_000), OneConnection(connection))
    for one in outcomes:
        if one.now is None or one.stops or one.crash:
            continue
        asked = msgspec.structs.replace(
            one.now, slug="walked", version=1, opens=None, closes=None, kind="survey", mode="open"
        )
        async with roll_back_at_end(connection) as db:
            app.state.update({"database": db, "keyring": KEYRING})
            await instruments.insert(connection, asked)
            for number in range(people):
                chance = random.Random(f"{seed} {number} {one.file}")
                await walk_once(app, chance, one)
    await connection.close()


async def walk_once(app: Any, chance: random.Random, one: WorkbookOutcome) -> None:
    """Let one random person answer a survey, and record where they get stuck."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        try:
            await walk_survey(client, BASE, chance)
        except HeldByRule as held:
            one.held.append(str(held))
        except StuckOnPage as stuck:
            one.stuck.append(str(stuck))


def print_folder(folder: Path, *, seed: int, people: int, each: bool) -> None:
    """Read, check and answer every workbook of a folder, and print the results."""
    logging.getLogger("httpx").setLevel(logging.WARNING)
    files = sorted(one for one in folder.rglob("*") if one.suffix.lower() in KINDS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        outcomes = [read_workbook(file) for file in files]
        if people:
            with (
                tempfile.TemporaryDirectory() as place,
                embedded.open_server(Path(place), throwaway=True) as address,
            ):
                asyncio.run(walk_all(outcomes, address, seed, people))
    print_figures(outcomes)
    if each:
        print_details(outcomes)


def print_figures(outcomes: list[WorkbookOutcome]) -> None:
    taken = [one for one in outcomes if one.given is not None]
    imported = [one for one in taken if one.found is not None]
    ready = [one for one in imported if one.found and not one.stops and not one.crash]
    unready = [one for one in imported if one.stops]
    lossy = [one for one in imported if one.losses]
    for words, number in (
        ("workbooks", len(outcomes)),
        ("pyxform takes", len(taken)),
        ("  imported here", len(imported)),
        ("  refused here", sum(bool(one.refused) for one in taken)),
        ("pyxform refuses, imported here", sum(bool(o.found) for o in outcomes if o.given is None)),
        ("pyxform breaks", sum(bool(one.breaks) for one in outcomes)),
        ("we crash", sum(bool(one.crash) for one in outcomes)),
        ("publishable at once", len(ready)),
        ("the report says why not", len(unready)),
        ("neither", len(taken) - len(ready) - len(unready)),
        ("with a loss that no report names", len(lossy)),
        ("  such losses", sum(len(one.losses) for one in lossy)),
        ("walked: an error or a dead end", sum(bool(one.stuck) for one in ready)),
        ("  held by a rule of the form", sum(bool(one.held) for one in ready)),
    ):
        click.echo(f"{words:<34}{number:>6}")
    print_causes(
        "why not published", ((stop.sentence, one) for one in unready for stop in one.stops)
    )
    print_causes("refused", ((one.refused.partition(": ")[2], one) for one in taken if one.refused))
    print_causes("lost and not told", ((loss.aspect, one) for one in lossy for loss in one.losses))


def print_causes(head: str, found: Any) -> None:
    """Print each cause without names, with the number of workbooks that have it."""
    files: dict[str, set[str]] = {}
    times = Counter[str]()
    for cause, one in found:
        bare = VARYING_WORDS.sub("…", cause)[:110]
        files.setdefault(bare, set()).add(one.file)
        times[bare] += 1
    click.echo(f"{head} (workbooks, times):" if files else f"{head}: none")
    for cause in sorted(files, key=lambda one: -len(files[one])):
        click.echo(f"  {len(files[cause]):>4} {times[cause]:>5}  {cause}")


def print_details(outcomes: list[WorkbookOutcome]) -> None:
    """Print the results workbook by workbook, for whoever fixes the import."""
    for one in outcomes:
        lines = [f"crash: {one.crash}"] if one.crash else []
        if one.given is not None and one.refused:
            lines.append(f"refused: {one.refused}")
        lines += [f"stops: {stop.about}: {stop.sentence}" for stop in one.stops]
        lines += [f"lost: {loss.name}: {loss.aspect}: {loss.given}" for loss in one.losses]
        lines += [f"stuck: {text}" for text in one.stuck]
        lines += [f"held: {text}" for text in one.held]
        if lines:
            click.echo("\n".join([one.file, *("    " + line for line in lines)]))
