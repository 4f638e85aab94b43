"""Sums by source that all processes of a service add to, in memory that they share."""

import fcntl
import hashlib
import math
import mmap
import os
import secrets
import struct
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager

ENTRY = struct.Struct("=16sdQ")  # a digest of the source, when its span ends, its sum
ENTRIES = 8  # of one row
ROW_BYTES = ENTRY.size * ENTRIES
DAY = 86_400
LONGEST_SPAN = 3 * 3_600
ROWS = 16_384  # four megabytes, of which a system gives only what is written to


class DailyKey:
    """A random key that changes every day, the same in all copies of a process.

    The next key is made from the one before, never the other way round, so that what was counted
    under an old key cannot be traced to anybody.
    """

    def __init__(self) -> None:
        self.day = int(time.monotonic() // DAY)
        self.key = secrets.token_bytes(32)
        self.before: bytes | None = None

    def current(self) -> list[bytes]:
        """The keys to count under: today's, and yesterday's too while a span that began with it may
        still run.
        """
        day, seconds = divmod(time.monotonic(), DAY)
        while self.day < day:
            self.day += 1
            self.before, self.key = self.key, hashlib.blake2b(self.key, digest_size=32).digest()
        if seconds >= LONGEST_SPAN:
            self.before = None
        return [self.key] if self.before is None else [self.key, self.before]


class SharedTally:
    """Sums by source, each over a span of time that starts with its first entry.

    Processes forked from the one that made the tally count together. Memory is bounded: a source
    has its place in one row of a table; if the row is full of sources still being counted, the
    source whose span ends first is forgotten early.

    The key of the digests changes every day. For a while each source is counted under both keys and
    the higher sum holds, so that the change allows nobody more than before.
    """

    def __init__(self, rows: int = ROWS) -> None:
        self.rows = rows
        self.keys = DailyKey()
        self.table = mmap.mmap(-1, rows * ROW_BYTES)
        # Only for its locks: the kernel takes them back from a process that dies.
        self.locks = os.memfd_create("tally", os.MFD_CLOEXEC)
        weakref.finalize(self, os.close, self.locks)

    def add(self, source: bytes, seconds: float, amount: int = 1) -> int:
        """Add an amount to a source and return its new sum; a new span lasts `seconds`."""
        return self.count(source, seconds, amount)[0]

    def count(self, source: bytes, seconds: float, amount: int) -> tuple[int, int]:
        """Add an amount to a source; returns its sum and the seconds until a new count starts."""
        now = time.monotonic()
        counted = [
            self.add_to_digest(digest, now, seconds, amount) for digest in self.digests(source)
        ]
        return max(total for total, _ in counted), math.ceil(max(ends for _, ends in counted) - now)

    def add_to_digest(
        self, digest: bytes, now: float, seconds: float, amount: int
    ) -> tuple[int, float]:
        """Add an amount, or take it back if negative; returns the new sum and the end of the
        span.
        """
        with self.locked_row(digest) as row:
            at, ends, before = self.find(row, digest)
            if at is None and amount <= 0:
                return 0, now  # nothing is counted, and nobody's entry has to go for it
            if at is None:
                # A free entry, or else the one that ends first, is overwritten.
                spans = [entry[1] for entry in ENTRY.iter_unpack(self.table[row : row + ROW_BYTES])]
                at = row + spans.index(min(spans)) * ENTRY.size
            if ends <= now:
                ends, before = now + seconds, 0
            # What is given back may have been counted in a span that is over.
            total = max(0, before + amount)
            ENTRY.pack_into(self.table, at, digest, ends, total)
        return total, ends

    def seconds_left(self, source: bytes) -> int:
        """Seconds until the count of this source starts again."""
        now, left = time.monotonic(), 0.0
        for digest in self.digests(source):
            with self.locked_row(digest) as row:
                left = max(left, self.find(row, digest)[1] - now)
        return math.ceil(left)

    def forget(self, source: bytes) -> None:
        for digest in self.digests(source):
            with self.locked_row(digest) as row:
                at, _, _ = self.find(row, digest)
                if at is not None:
                    ENTRY.pack_into(self.table, at, bytes(16), 0.0, 0)

    def digests(self, source: bytes) -> list[bytes]:
        return [
            hashlib.blake2b(source, digest_size=16, key=key).digest() for key in self.keys.current()
        ]

    @contextmanager
    def locked_row(self, digest: bytes) -> Iterator[int]:
        """Lock the row of a source and yield where it begins; nobody else changes the row
        meanwhile.
        """
        row = int.from_bytes(digest[:8], "little") % self.rows * ROW_BYTES
        fcntl.lockf(self.locks, fcntl.LOCK_EX, ROW_BYTES, row)
        try:
            yield row
        finally:
            fcntl.lockf(self.locks, fcntl.LOCK_UN, ROW_BYTES, row)

    def find(self, row: int, digest: bytes) -> tuple[int | None, float, int]:
        """Where a source's entry is in a row (None if nowhere), when its span ends, and its sum;
        the span may be over.
        """
        # Sixteen random bytes: they are found where their entry begins, or not at all.
        at = self.table.find(digest, row, row + ROW_BYTES)
        if at < 0:
            return None, 0.0, 0
        _, ends, total = ENTRY.unpack_from(self.table, at)
        return at, ends, total
