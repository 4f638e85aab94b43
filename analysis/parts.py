"""Maps a function over parts of a large task: in this process, or on a Dask cluster.

The parts and the function decide the result, never where they are computed: a cluster gives what
one process gives, and what a worker that dies was computing is computed again by another.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from distributed import Client

Part = TypeVar("Part")
Result = TypeVar("Result")

SECONDS_TO_CONNECT = 10
SECONDS_OF_A_PART = 600  # a cluster that gives nothing for so long has lost its workers
CODE = ("analysis", "api", "survey")


class ClusterAway(Exception):
    """The cluster cannot be used: it is not reached, has no workers, or has lost them."""


class OtherCode(ClusterAway):
    """A worker of the cluster runs another version of the program, and would compute otherwise."""


def map_parts(
    function: Callable[[Part], Result], parts: Sequence[Part], scheduler: str = ""
) -> Iterator[Result]:
    """The result of the function for each part, in the order of the parts.

    With the address of a scheduler they are computed there. The function has to be one that its
    workers can import, and may depend on nothing but its part. An error of the function is raised
    here; one part over which several workers died raises Dask's `KilledWorker`.
    """
    return spread_parts(function, parts, scheduler) if scheduler else map(function, parts)


def spread_parts(
    function: Callable[[Part], Result], parts: Sequence[Part], scheduler: str
) -> Iterator[Result]:
    try:
        from distributed import Client
    except ImportError:
        raise ClusterAway("The extra `cluster` is not installed.") from None
    try:
        with Client(scheduler, timeout=SECONDS_TO_CONNECT, set_as_default=False) as client:
            check_workers(client)
            # Not pure: a second call with the same parts is another task, never an earlier result.
            futures = client.map(function, parts, pure=False)
            futures.reverse()
            while futures:
                # Taken from the list, so that the cluster forgets each result that was fetched.
                yield futures.pop().result(timeout=SECONDS_OF_A_PART)
    # Parts are cancelled when the scheduler goes away in the middle.
    except (OSError, TimeoutError, CancelledError) as away:
        raise ClusterAway(f"{type(away).__name__} of {scheduler}") from away


def check_workers(client: "Client") -> None:
    """Raise unless there are workers, all of them with the code that runs here."""
    digests = client.run(code_digest)
    if not digests:
        raise ClusterAway("The cluster has no workers.")
    if other := sorted(address for address, digest in digests.items() if digest != code_digest()):
        raise OtherCode(f"Other code runs on {', '.join(other)}.")


@cache
def code_digest() -> str:
    """The digest of the program's files, alike wherever they are installed."""
    root = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for file in sorted(file for room in CODE for file in (root / room).rglob("*.py")):
        digest.update(file.relative_to(root).as_posix().encode() + file.read_bytes())
    return digest.hexdigest()
