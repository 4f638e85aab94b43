"""A survey's answers as rows, for the people who ran it."""

import datetime
import json
from collections.abc import Mapping
from typing import Any

from api.answer_labels import in_words, labels_of
from survey.instruments import WITHHELD, Harmony
from survey.problems import unknown_instrument
from survey.responses import Answer
from survey.store import instruments, responses
from survey.store.database import Connection

BATCH = 5_000
ATTACHED = "attached"


async def responses_to(
    connection: Connection, slug: str, *, areas: Mapping[str, str] | None = None
) -> list[list[object]]:
    """A header and every response in one snapshot: no free text, and no order within the hour.

    With the names of `areas`, questions and answers stand in words instead of codes.
    """
    versions = await instruments.chain(connection, slug)
    if not versions:
        raise unknown_instrument(slug[:60])
    harmony = Harmony(versions)
    texts = {name for one in versions for name in one.texts()}
    names = [name for name in columns_of(harmony) if name not in texts]
    files = {harmony.named(one.version, name) for one in versions for name in one.files()}
    rows: list[list[object]] = [["version", "mode", "area", "language", "day", *names]]
    after: tuple[datetime.datetime, str] | None = None
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        while page := await responses.page(connection, slug, after, BATCH):
            after = (page[-1]["received_at"], page[-1]["id"])
            rows += [row_of(row, harmony, names, files) for row in page]
    return rows if areas is None else in_words(rows, labels_of(harmony, areas), areas)


def columns_of(harmony: Harmony) -> list[str]:
    """The questions of today, then those no longer asked; a repeat is one column."""
    newest = harmony.newest.answer_names()
    retired = [
        harmony.named(one.version, name) for one in harmony.versions for name in one.answer_names()
    ]
    return list(dict.fromkeys([*newest, *retired]))


def row_of(row: Any, harmony: Harmony, names: list[str], files: set[str]) -> list[object]:
    """An answer under the names and options of today; its version says how it was asked."""
    design = [row["version"], row["mode"], row["area"], row["language"], row["received_at"].date()]
    answers = without_marks(harmony.answers(row["version"], row["answers"]), files)
    return [*design, *(cell_of(answers.get(name)) for name in names)]


def without_marks(answers: dict[str, Any], files: set[str]) -> dict[str, Any]:
    """That there is a file, and not under which mark it was sent."""
    return {name: without_mark(name, answer, files) for name, answer in answers.items()}


def without_mark(name: str, answer: Any, files: set[str]) -> Any:
    if isinstance(answer, list):
        return [without_marks(one, files) if isinstance(one, dict) else one for one in answer]
    return ATTACHED if name in files and answer not in WITHHELD else answer


def cell_of(answer: Answer | None) -> object:
    """An answer as one cell: several options side by side, rounds as JSON."""
    if not isinstance(answer, list):
        return answer
    rounds = any(isinstance(one, dict) for one in answer)
    return json.dumps(answer, ensure_ascii=False) if rounds else " ".join(map(str, answer))
