"""A database in memory for simulations: atomic commits, row locks, faults at chosen moments."""

import asyncio
import contextlib

import detangle

from survey.problems import Conflict, Unavailable
from survey.store.connections.memory import CommitGroup

LOST = "the connection was lost"


async def pause(seconds=0.001):
    """Let the simulation's own clock go on, which costs no time."""
    await asyncio.sleep(seconds)


def unreachable():
    return Unavailable("database.unreachable", LOST)


class SimulatedResponses:
    """Responses by the key of their request, as `insert_many` stores them; poison is refused."""

    def __init__(self, *, faults):
        self.stored = {}
        self.faults = faults  # how many connections may still be lost

    def is_lost(self):
        """Let the explorer decide whether the connection is lost at this moment."""
        if self.faults and detangle.flip(0.2):
            self.faults -= 1
            return True
        return False

    @contextlib.asynccontextmanager
    async def connect(self):
        await pause()
        if self.is_lost():
            raise unreachable()
        yield self

    async def insert(self, _, rows):
        await pause()
        if any(body == "poison" for _, body, _ in rows):
            raise ValueError("poison")
        if self.is_lost():
            raise unreachable()
        for key, body, reference in rows:  # no await: a commit is one moment
            self.stored.setdefault(key, []) or self.stored[key].append((body, reference))
        outcomes = [self.outcome(key, body, reference) for key, body, reference in rows]
        await pause()
        if self.is_lost():  # after the commit, and before we know
            raise unreachable()
        return outcomes

    def outcome(self, key, body, reference):
        ((first, receipt),) = self.stored[key]
        return receipt if first == body else Conflict("idempotency.conflict", "Used before.")

    def group(self):
        """The commit group of one process."""
        return CommitGroup(self.connect, self.insert)


class SimulatedQueue:
    """Jobs and texts as PostgreSQL shows them: rows appear at the commit, locks end with it."""

    def __init__(self):
        self.jobs, self.locked, self.texts, self.coded = set(), set(), set(), set()
        self.newest = 0

    def lock_unclaimed(self):
        """The first job that nobody holds, locked; None if there is none (SKIP LOCKED)."""
        found = min(self.jobs - self.locked, default=None)
        if found is not None:
            self.locked.add(found)
        return found

    async def store_text(self, text):
        """Store a text and ask for its coding, unless an unclaimed job will do for it."""
        await pause()
        unclaimed = self.lock_unclaimed()
        await pause()  # from here on it is committed
        self.texts.add(text)
        if unclaimed is None:
            self.newest += 1
            self.jobs.add(self.newest)
        else:
            self.locked.discard(unclaimed)

    async def run_next_job(self):
        """Claim a job, code every text that is visible by then, and delete it; False if none."""
        await pause()
        job = self.lock_unclaimed()
        if job is None:
            return False
        await pause()
        found = self.texts - self.coded
        await pause()
        self.coded |= found
        self.jobs.discard(job)
        self.locked.discard(job)
        return True
