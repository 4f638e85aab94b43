"""What was typed does not outlive its request in the memory of the process.

Python cannot overwrite a text, and keeps small blocks of memory that are free for the next text.
So a moment after a request all that it left is freed, and the free blocks are filled with zeros.
The C library fills the larger ones by itself as they are freed.
"""

import asyncio
import contextlib
import ctypes
import functools
import gc
import resource
from collections.abc import Callable
from typing import Any

from litestar.types import ASGIApp, Receive, Scope, Send

from survey.store.database import empty_buffers

M_PERTURB = -6
FILLING = 0x55
AFTER_SECONDS = (2.0, 15.0)  # the second time for what was still in use the first time
SMALL = 512  # up to here Python keeps free blocks, by size in steps of 16
KEPT_BY_LIBRARY = 1_040  # up to here the C library keeps blocks of each size, in steps of 16
KEPT_BLOCKS = 7
FREE_BYTES = 4_000_000  # more than lies free in whole pages: a megabyte or two
FREE_BYTES_OF_SIZE = 256_000  # more than lies free in blocks of one size


def refuse_core_dumps() -> None:
    """A crash of this process, or of those that it starts, leaves no copy of memory on the disk."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def fill_what_is_freed() -> None:
    """From now on the C library overwrites larger blocks as they are freed."""
    with contextlib.suppress(AttributeError):  # another C library than glibc
        ctypes.CDLL(None).mallopt(M_PERTURB, FILLING)


def fill_free_blocks() -> None:
    """Take the free blocks of each size, which come as zeros, and give them back."""
    fill(SMALL, FREE_BYTES // SMALL)
    for size in range(16, SMALL + 1, 16):
        fill(size, FREE_BYTES_OF_SIZE // size)
    fill_blocks_of_library()


def fill(size: int, count: int) -> None:
    """A bytearray keeps its bytes in a block of their own, with one more behind them."""
    blocks = [bytearray(size - 1) for _ in range(count)]
    blocks.clear()


def fill_blocks_of_library() -> None:
    """The C library keeps some small blocks unfilled, for each thread: this one's are filled."""
    library = ctypes.CDLL(None)
    library.malloc.restype, library.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
    for size in range(24, KEPT_BY_LIBRARY, 16):
        blocks = [library.malloc(size) for _ in range(KEPT_BLOCKS)]
        for block in blocks:
            ctypes.memset(block, 0, size)
            library.free(block)


class Cleaner:
    """Frees what requests leave behind, soon after one that brought or showed something of ours."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.waiting: list[asyncio.TimerHandle] = []
        self.caches = caches_of_framework()
        pass_over_what_is_here()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self.app(scope, receive, send)
        finally:
            private = is_private(scope)
            let_go_of_request(scope)
            if private and not self.waiting:
                loop = asyncio.get_running_loop()
                self.waiting = [loop.call_later(after, self.clean) for after in AFTER_SECONDS]

    def clean(self) -> None:
        self.waiting = []
        for forget in self.caches:
            forget()
        gc.collect()
        fill_free_blocks()
        empty_buffers()


def let_go_of_request(scope: Scope) -> None:
    """The server holds the last request of each connection for as long as that stays open."""
    asked: Any = scope
    if asked["type"] == "http":
        asked["headers"].clear()
        asked["state"].clear()  # here the framework keeps forms, bodies and cookies
        asked["query_string"] = b""


def is_private(scope: Scope) -> bool:
    """Something was sent, or may have been shown to somebody whom we know again."""
    asked: Any = scope
    if asked["type"] != "http":
        return False
    return asked["method"] != "GET" or any(name == b"cookie" for name, _ in asked["headers"])


def pass_over_what_is_here() -> None:
    """What was loaded by now stays: it need not be looked through each time."""
    gc.collect()
    gc.freeze()


def caches_of_framework() -> list[Callable[[], None]]:
    """It keeps the last addresses, queries and cookies, to read the same ones faster."""
    kind = type(functools.lru_cache(len))
    found = [one for one in gc.get_objects() if isinstance(one, kind)]
    return [one.cache_clear for one in found if one.__module__.startswith("litestar.")]
