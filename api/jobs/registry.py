"""Every kind of background job: what the queue and staff call it, when it is due, what runs it.

A kind is registered by a module in `api/jobs/kinds` with a line `JOBS = [JobKind(...)]`.
"""

import datetime
import importlib
import pkgutil
from collections.abc import Awaitable, Callable
from functools import cache

import anyio.to_thread
import msgspec

from api.process.installation import import_lock, is_loaded
from survey.store.database import Connection

JobFunction = Callable[[Connection, str], Awaitable[None]]
FOLDER = "api.jobs.kinds"


class JobKind(msgspec.Struct, frozen=True):
    """A kind of job.

    `run` is its function, or "module:function" where that is slow to import: pages read the labels.
    `cadence` gives the key under which the job is due by now; without one, only people and other
    jobs ask for it. A key is queued once.
    """

    name: str
    label: str
    run: str | JobFunction
    cadence: Callable[[datetime.datetime], str] | None = None

    async def __call__(self, connection: Connection, key: str) -> None:
        # In a thread, because it loads libraries for seconds, longer on a busy machine, in which a
        # worker that is told to stop would hear nothing.
        if not self.is_loaded:
            await anyio.to_thread.run_sync(self.load, abandon_on_cancel=True)
        await self.function(connection, key)

    @property
    def module(self) -> str:
        """The module of its function; '' if the function is here already."""
        return self.run.partition(":")[0] if isinstance(self.run, str) else ""

    @property
    def is_loaded(self) -> bool:
        return not self.module or is_loaded(self.module)

    def load(self) -> None:
        """Import the module of its function."""
        with import_lock(self.module):
            importlib.import_module(self.module)

    @property
    def function(self) -> JobFunction:
        if not isinstance(self.run, str):
            return self.run
        # Late, because pages ask for labels and cannot wait for the libraries behind a job.
        module, _, name = self.run.partition(":")
        found: JobFunction = getattr(importlib.import_module(module), name)
        return found


@cache
def job_kinds() -> dict[str, JobKind]:
    """Every kind of job, by its name."""
    folder = importlib.import_module(FOLDER)
    modules = (
        importlib.import_module(f"{FOLDER}.{found.name}")
        for found in pkgutil.iter_modules(folder.__path__)
    )
    return {kind.name: kind for module in modules for kind in module.JOBS}


def due_jobs(now: datetime.datetime) -> list[tuple[str, str]]:
    """Name and key of every job that should have been queued by now.

    Each is queued only once, so it does not matter how often or how late this is called.
    """
    return [
        (kind.name, kind.cadence(now)) for kind in job_kinds().values() if kind.cadence is not None
    ]


def job_label(name: str) -> str:
    """What staff call a kind of job; its name if this version does not know it."""
    kind = job_kinds().get(name)
    return kind.label if kind else name
