"""Removes what people typed from the memory of the process soon after each request.

Python cannot overwrite a string, and reuses freed small blocks of memory without clearing them.
So a moment after a request everything it left is freed, and the free blocks are filled with
zeros. The C library fills the larger ones itself as they are freed.
"""

import asyncio
import contextlib
import ctypes
import functools
import gc
import resource
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from survey.store.database import clear_driver_buffers

if TYPE_CHECKING:
    # `serve` itself takes a function from here, and does without the framework.
    from litestar.types import ASGIApp, Receive, Scope, Send

M_PERTURB = -6  # mallopt's number for it in glibc's malloc.h
FILLING = 0x55
AFTER_SECONDS = (2.0, 15.0)  # the second time for what was still in use the first time
SMALL = 512  # Python reuses free blocks up to this size, in steps of 16
KEPT_BY_LIBRARY = 1_040  # the C library reuses blocks up to this size, in steps of 16
KEPT_BLOCKS = 7  # as many as glibc 2.41 sets aside of each size for a thread
FREE_BYTES = 4_000_000  # more than lies free in whole pages: a megabyte or two
FREE_BYTES_OF_SIZE = 256_000  # more than lies free in blocks of one size


def disable_core_dumps() -> None:
    """Let no crash of this process or its children write memory to the disk."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def overwrite_on_free() -> None:
    """Make the C library overwrite larger blocks as they are freed."""
    with contextlib.suppress(AttributeError):  # another C library than glibc
        ctypes.CDLL(None).mallopt(M_PERTURB, FILLING)


def zero_free_blocks() -> None:
    """Allocate the free blocks of each size, which fills them with zeros, and free them."""
    zero_blocks(SMALL, FREE_BYTES // SMALL)
    for size in range(16, SMALL + 1, 16):
        zero_blocks(size, FREE_BYTES_OF_SIZE // size)
    zero_library_blocks()


def zero_blocks(size: int, count: int) -> None:
    """Allocate and free this many blocks of a size.

    A bytearray keeps its bytes in a block of their own, with one byte more at the end.
    """
    blocks = [bytearray(size - 1) for _ in range(count)]
    blocks.clear()


def zero_library_blocks() -> None:
    """Fill with zeros the small freed blocks that the C library keeps for this thread."""
    library = ctypes.CDLL(None)
    library.malloc.restype, library.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
    for size in range(24, KEPT_BY_LIBRARY, 16):
        blocks = [library.malloc(size) for _ in range(KEPT_BLOCKS)]
        for block in blocks:
            ctypes.memset(block, 0, size)
            library.free(block)


class MemoryCleaner:
    """Clears memory soon after a request that sent or may have shown anything private."""

    def __init__(self, app: "ASGIApp") -> None:
        self.app = app
        self.waiting: list[asyncio.TimerHandle] = []
        self.caches = framework_caches()
        freeze_loaded_objects()

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        try:
            await self.app(scope, receive, send)
        finally:
            private = is_private_request(scope)
            clear_request(scope)
            # One round serves many requests: clearing takes time in the event loop.
            if private and not self.waiting:
                loop = asyncio.get_running_loop()
                self.waiting = [loop.call_later(after, self.clean) for after in AFTER_SECONDS]

    def clean(self) -> None:
        self.waiting = []
        # In this order: what a cache or a cycle still holds is not free to be overwritten.
        for forget in self.caches:
            forget()
        gc.collect()
        zero_free_blocks()
        clear_driver_buffers()


def clear_request(scope: "Scope") -> None:
    """Clear what a request holds: the server keeps the last request of each open connection."""
    asked: Any = scope
    if asked["type"] == "http":
        asked["headers"].clear()
        asked["state"].clear()  # the framework caches forms, bodies and cookies here
        asked["query_string"] = b""


def is_private_request(scope: "Scope") -> bool:
    """Whether a request sent something, or may have shown something to a person we recognise."""
    asked: Any = scope
    if asked["type"] != "http":
        return False
    return asked["method"] != "GET" or any(name == b"cookie" for name, _ in asked["headers"])


def freeze_loaded_objects() -> None:
    """Exempt all objects that exist by now from garbage collection."""
    # Each collection after a request would otherwise walk all loaded modules, in the event loop.
    gc.collect()
    gc.freeze()


def framework_caches() -> list[Callable[[], None]]:
    """The functions that clear Litestar's caches of recent addresses, queries and cookies."""
    # Found by type, so that a cache that a newer Litestar adds is cleared too.
    kind = type(functools.lru_cache(len))
    caches = [cache for cache in gc.get_objects() if isinstance(cache, kind)]
    return [
        litestar_cache.cache_clear
        for litestar_cache in caches
        if litestar_cache.__module__.startswith("litestar.")
    ]
