"""A survey's answers as rows, for the people who ran it."""

import datetime
import json
from typing import Any

from survey.responses import Answer
from survey.store import instruments, responses
from survey.store.database import Connection

BATCH = 5_000
RISKY = ("=", "+", "-", "@", "\t", "\r", "\0", "\uff1d")


async def responses_to(connection: Connection, slug: str) -> list[list[object]]:
    """A header and every response in one snapshot: no words, and no order within the hour."""
    instrument, _ = await instruments.get(connection, slug)
    names = [name for name in instrument.answer_names() if name not in instrument.texts()]
    rows: list[list[object]] = [["version", "mode", "area", "language", "day", *names]]
    after: tuple[datetime.datetime, str] | None = None
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        while page := await responses.page(connection, slug, after, BATCH):
            after = (page[-1]["received_at"], page[-1]["id"])
            rows += [row_of(row, names) for row in page]
    return rows


def row_of(row: Any, names: list[str]) -> list[object]:
    design = [row["version"], row["mode"], row["area"], row["language"], row["received_at"].date()]
    return [*design, *(neutral(row["answers"].get(name)) for name in names)]


def neutral(answer: Answer | None) -> object:
    """An answer that no spreadsheet takes for a formula."""
    if isinstance(answer, list):
        rounds = any(isinstance(one, dict) for one in answer)
        answer = json.dumps(answer, ensure_ascii=False) if rounds else " ".join(map(str, answer))
    if isinstance(answer, str) and answer.startswith(RISKY):
        return "'" + answer
    return answer
