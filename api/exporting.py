"""A survey's answers as rows, for the people who ran it."""

import datetime
import json
from typing import Any

from survey.instruments import Harmony
from survey.problems import unknown_instrument
from survey.responses import Answer
from survey.store import instruments, responses
from survey.store.database import Connection

BATCH = 5_000
RISKY = ("=", "+", "-", "@", "\t", "\r", "\0", "\uff1d")


async def responses_to(connection: Connection, slug: str) -> list[list[object]]:
    """A header and every response in one snapshot: no words, and no order within the hour."""
    versions = await instruments.chain(connection, slug)
    if not versions:
        raise unknown_instrument(slug[:60])
    harmony = Harmony(versions)
    texts = {name for one in versions for name in one.texts()}
    names = [name for name in columns_of(harmony) if name not in texts]
    rows: list[list[object]] = [["version", "mode", "area", "language", "day", *names]]
    after: tuple[datetime.datetime, str] | None = None
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        while page := await responses.page(connection, slug, after, BATCH):
            after = (page[-1]["received_at"], page[-1]["id"])
            rows += [row_of(row, harmony, names) for row in page]
    return rows


def columns_of(harmony: Harmony) -> list[str]:
    """The questions of today, then those no longer asked; a repeat is one column."""
    newest = harmony.newest.answer_names()
    retired = [
        harmony.named(one.version, name) for one in harmony.versions for name in one.answer_names()
    ]
    return list(dict.fromkeys([*newest, *retired]))


def row_of(row: Any, harmony: Harmony, names: list[str]) -> list[object]:
    """An answer under the names and options of today; its version says how it was asked."""
    design = [row["version"], row["mode"], row["area"], row["language"], row["received_at"].date()]
    answers = harmony.answers(row["version"], row["answers"])
    return [*design, *(neutral(answers.get(name)) for name in names)]


def neutral(answer: Answer | None) -> object:
    """An answer that no spreadsheet takes for a formula."""
    if isinstance(answer, list):
        rounds = any(isinstance(one, dict) for one in answer)
        answer = json.dumps(answer, ensure_ascii=False) if rounds else " ".join(map(str, answer))
    if isinstance(answer, str) and answer.startswith(RISKY):
        return "'" + answer
    return answer
