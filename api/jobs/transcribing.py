"""Writes down what is said in sounds of complaints, apart from all other work.

A sound is read in a process of its own with limits, and never while it is in quarantine. What a
machine wrote down is shown to the handler of the case alone, and is no text until they accept it.
"""

import asyncio
import datetime
import functools
from pathlib import Path

import msgspec

from analysis import speech
from api.jobs.repeating import repeat_until_stopped
from api.process.threads import run_in_thread
from api.settings import Settings
from survey.cases.transcripts import MachineTranscript
from survey.isolation import IsolationError, run_limited
from survey.problems import Problem
from survey.store.cases import transcripts
from survey.store.database import Database

MEMORY = 3_000_000_000
SECONDS = 1_800.0
ABANDONED = "The worker stopped several times while it listened."
RECORD_FILE = "transcription-check.json"


class CheckedGroup(msgspec.Struct, frozen=True):
    """A group of a check: its recordings and words, the word error rate and its interval."""

    group: str
    recordings: int
    words: int
    rate: float
    low: float
    high: float | None


class TranscriptionCheck(msgspec.Struct, frozen=True):
    """The last check of the operator's own recordings, for one version of the model."""

    at: datetime.datetime
    model: str
    groups: tuple[CheckedGroup, ...]


def load_check(data: Path) -> TranscriptionCheck | None:
    """The check that was run for this version of the model; None if there is none."""
    try:
        found = msgspec.json.decode((data / RECORD_FILE).read_bytes(), type=TranscriptionCheck)
    except (OSError, msgspec.MsgspecError):
        return None
    return found if found.model == speech.VERSION else None


def transcripts_count(settings: Settings) -> bool:
    """Whether accepted words become a text of the case, and so part of figures.

    Only where the operator asks for it and measured the model on recordings of their own: nobody
    knows otherwise whose words it gets wrong.
    """
    return settings.transcription == "count" and load_check(settings.data) is not None


async def transcribe_until_stopped(
    database: Database, stop: asyncio.Event, settings: Settings
) -> None:
    """Write down sounds until told to stop; ends at once where it is off or not installed."""
    if settings.transcription != "off" and speech.is_installed():
        step = functools.partial(transcribe_next_sound, database)
        await repeat_until_stopped(step, stop, what="sounds")


async def transcribe_next_sound(database: Database) -> bool:
    """Write down the next sound; True if there was one. No connection is held meanwhile."""
    async with database.connection() as connection:
        await transcripts.fail_abandoned(connection, ABANDONED)
        sound = await transcripts.claim(connection)
    if sound is None:
        return False
    try:
        heard = await run_in_thread(hear_sound, sound.body)
    except (IsolationError, Problem) as failure:
        # The library's own words may quote what is in the file.
        reason = getattr(failure, "reason", "busy")
        async with database.connection() as connection:
            await transcripts.save_failure(connection, sound.attachment, FAILURES[reason])
        return True
    async with database.connection() as connection:
        await transcripts.save_heard(connection, sound.attachment, heard)
    return True


FAILURES = {
    "memory": "This sound takes more memory than a program may use for it.",
    "time": "This sound takes longer than a program may listen.",
    "died": "The program that listened to this sound stopped.",
    "failed": "This sound cannot be read.",
    "busy": "The machine was too busy.",
}


def hear_sound(body: bytes) -> MachineTranscript:
    """What is said in a sound, written down in a child process with limits."""
    return run_limited(speech.write_down, (body,), {}, memory=MEMORY, seconds=SECONDS)
