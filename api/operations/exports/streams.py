"""Bytes of an export as they are made: read ahead, put into a ZIP, or taken from a finished file.

Batches are read while others are sent, never far ahead of whoever takes them.
"""

import asyncio
import contextlib
import fcntl
import os
import shutil
import time
import zipfile
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import IO, TypeVar, cast

import anyio
import anyio.to_thread
from anyio.streams.memory import MemoryObjectSendStream

from survey.problems import TooLarge, Unavailable

too_large_for_sheet = TooLarge.of(
    "export.too_large",
    "There are more answers than a spreadsheet can hold ({most_rows:,} rows).",
    "Choose CSV or Parquet, which have no limit.",
)
too_large_for_program = TooLarge.of(
    "export.too_large",
    "There are too many answers for a file of this kind: more than {most_cells:,} cells.",
    "Choose Parquet or CSV, which have no limit, and import that.",
)
stalled_reader = Unavailable.of(
    "export.stalled",
    "The export stopped, because nobody read it for a minute.",
    "Start the export again.",
)
STALLED_S = 60.0
ZIP64_FROM = 10_000_000  # cells: far below the 2 GiB that fit without it, and older readers know it
FILE_PART = 1 << 18
FOLDER_PREFIX = "soundings-export-"
JUST_MADE_S = 60.0
Part = TypeVar("Part")


class ZipEntry:
    """A file of a ZIP: its name, and a function that makes its content when the file's turn
    comes.
    """

    def __init__(self, name: str, parts: Callable[[], AsyncGenerator[bytes]]) -> None:
        self.name, self.parts = name, parts


async def write_zip(entries: list[ZipEntry], cells: int = 0) -> AsyncGenerator[bytes]:
    """A ZIP of these files, sent while they are made. If it is cut short, it lacks its list of
    files and does not open. `cells` says how large a file may become.
    """
    sink = UnseekableSink()
    with zipfile.ZipFile(cast(IO[bytes], sink), "w", zipfile.ZIP_DEFLATED) as parts:
        for entry in entries:
            with parts.open(entry.name, "w", force_zip64=cells > ZIP64_FROM) as opened:
                async with contextlib.aclosing(entry.parts()) as given:
                    async for part in given:
                        await anyio.to_thread.run_sync(opened.write, part)
                        if compressed := sink.take_all():
                            yield compressed
    yield sink.take_all()


class UnseekableSink:
    """Holds what is written to it until somebody takes it; like a response, it cannot be
    rewound.
    """

    def __init__(self) -> None:
        self.written: list[bytes] = []

    def write(self, part: bytes) -> int:
        self.written.append(part)
        return len(part)

    def flush(self) -> None:
        """Nothing to do: what was written can be taken at once."""

    def take_all(self) -> bytes:
        parts, self.written = self.written, []
        return b"".join(parts)


@contextlib.asynccontextmanager
async def temporary_folder() -> AsyncIterator[Path]:
    """A folder that only we can open, deleted with all that is in it at the end."""
    folder = TemporaryDirectory(prefix=FOLDER_PREFIX)
    # Locked while it is in use, so that the next start knows what a killed process left.
    opened = os.open(folder.name, os.O_RDONLY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield Path(folder.name)
    finally:
        os.close(opened)
        await anyio.to_thread.run_sync(folder.cleanup)


def delete_abandoned_folders() -> int:
    """Delete the folders of exports whose process was killed; returns how many."""
    deleted = 0
    for folder in Path(gettempdir()).glob(f"{FOLDER_PREFIX}*"):
        # Of another account, gone meanwhile, or in use.
        with contextlib.suppress(OSError):
            deleted += delete_unless_used(folder)
    return deleted


def delete_unless_used(folder: Path) -> bool:
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        # A folder of another account is none of ours; one of this moment may not be locked yet.
        state = os.fstat(opened)
        if state.st_uid != os.getuid() or state.st_mtime > time.time() - JUST_MADE_S:
            return False
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder)
        return True
    finally:
        os.close(opened)


async def read_file(path: Path) -> AsyncGenerator[bytes]:
    """The bytes of a file that is complete, part by part."""
    async with await anyio.open_file(path, "rb") as opened:
        while part := await opened.read(FILE_PART):
            yield part


async def whole(content: bytes) -> AsyncGenerator[bytes]:
    """Content already complete, as one part."""
    yield content


async def send_files(files: list[Path], *, zipped: bool) -> AsyncGenerator[bytes]:
    """One file as it is, or all of them as a ZIP."""
    if not zipped:
        sending = read_file(files[0])
    else:
        # Named now: a function made in a loop would send the last file each time.
        entries = [ZipEntry(file.name, lambda path=file: read_file(path)) for file in files]  # type: ignore[misc]
        size = max(file.stat().st_size for file in files)
        sending = write_zip(entries, size)
    async with contextlib.aclosing(sending) as parts:
        async for part in parts:
            yield part


async def read_ahead(parts: AsyncGenerator[Part]) -> AsyncGenerator[Part]:
    """The parts, where a task of its own makes the next part while one is in use."""
    send, receive = anyio.create_memory_object_stream[Part](1)
    task = asyncio.create_task(send_parts(parts, send))
    try:
        async with receive:
            async for part in receive:
                yield part
        await task  # raises what ended it
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def send_parts(parts: AsyncGenerator[Part], send: MemoryObjectSendStream[Part]) -> None:
    """Send each part; at the end, after an error too, the generator's connection is given back."""
    async with send, contextlib.aclosing(parts):
        async for part in parts:
            with anyio.move_on_after(STALLED_S) as patience:
                await send.send(part)
            if patience.cancelled_caught:
                raise stalled_reader()
