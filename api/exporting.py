"""A survey's answers as rows, for the people who ran it."""

import datetime
import json
from typing import Any

from survey.instruments import WITHHELD
from survey.responses import Answer
from survey.store import instruments, responses
from survey.store.database import Connection

BATCH = 5_000
ATTACHED = "attached"
RISKY = ("=", "+", "-", "@", "\t", "\r", "\0", "\uff1d")


async def responses_to(connection: Connection, slug: str) -> list[list[object]]:
    """A header and every response in one snapshot: no words, and no order within the hour."""
    instrument, _ = await instruments.get(connection, slug)
    files = {name for one in await instruments.chain(connection, slug) for name in one.files()}
    names = [name for name in instrument.answer_names() if name not in instrument.texts()]
    rows: list[list[object]] = [["version", "mode", "area", "language", "day", *names]]
    after: tuple[datetime.datetime, str] | None = None
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        while page := await responses.page(connection, slug, after, BATCH):
            after = (page[-1]["received_at"], page[-1]["id"])
            rows += [row_of(row, names, files) for row in page]
    return rows


def row_of(row: Any, names: list[str], files: set[str]) -> list[object]:
    design = [row["version"], row["mode"], row["area"], row["language"], row["received_at"].date()]
    answers = without_marks(row["answers"], files)
    return [*design, *(neutral(answers.get(name)) for name in names)]


def without_marks(answers: dict[str, Any], files: set[str]) -> dict[str, Any]:
    """That there is a file, and not under which mark it was sent."""
    return {name: shown(name, answer, files) for name, answer in answers.items()}


def shown(name: str, answer: Any, files: set[str]) -> Any:
    if isinstance(answer, list):
        return [without_marks(one, files) if isinstance(one, dict) else one for one in answer]
    return ATTACHED if name in files and answer not in WITHHELD else answer


def neutral(answer: Answer | None) -> object:
    """An answer that no spreadsheet takes for a formula."""
    if isinstance(answer, list):
        rounds = any(isinstance(one, dict) for one in answer)
        answer = json.dumps(answer, ensure_ascii=False) if rounds else " ".join(map(str, answer))
    if isinstance(answer, str) and answer.startswith(RISKY):
        return "'" + answer
    return answer
