"""Serves the pages in several processes: copies of one that has loaded and built the application.

Copies share what was loaded, start without loading anything and count rate limits together.
"""

import asyncio
import socket
from collections.abc import Sequence
from functools import partial

import click
import uvicorn
from litestar import Litestar

from api import app, bootstrap
from api.app import Door
from api.commands.serving.connections import (
    AcceptFailures,
    PatientProtocol,
    raise_open_file_limit,
)
from api.commands.serving.copies import Heart, Work, keep_beating, keep_copies_running
from api.commands.serving.listening import base_address
from api.observing import metrics
from api.observing.logs import set_up_logging, set_up_tracing
from api.operations.exports.streams import delete_abandoned_folders
from api.security import keyring, memory
from api.settings import Settings, load_settings

DRAIN_SECONDS = 12  # for requests that run when we are asked to stop


def run_pages(descriptors: Sequence[int], door: Door | None = None) -> None:
    """Serve on each of these open sockets, in a process each, until asked to stop."""
    settings = keyring.ensure_secrets(load_settings())
    set_up_logging(settings, "pages")
    raise_open_file_limit()
    memory.overwrite_on_free()
    delete_abandoned_folders()
    application = app.build(settings, door=door)
    # Before the copies are made: what it exempts from garbage collection stays shared.
    cleaner = memory.MemoryCleaner(application)
    address = base_address(settings.host, settings.port)
    click.echo(
        f"Soundings listens at {address}" if door is None else f"Open {address}{door.address}"
    )
    listeners = [socket.socket(fileno=one) for one in descriptors]
    keep_copies_running(works_of_copies(listeners, application, cleaner), listeners)


def works_of_copies(
    listeners: Sequence[socket.socket], application: Litestar, cleaner: memory.MemoryCleaner
) -> list[Work]:
    """What each copy does: serve on its own socket."""
    return [
        partial(serve_on, listeners, application, cleaner, number)
        for number in range(len(listeners))
    ]


def serve_on(
    listeners: Sequence[socket.socket],
    application: Litestar,
    cleaner: memory.MemoryCleaner,
    number: int,
    heart: Heart,
) -> None:
    """Serve on one of the sockets until asked to stop; `number` is that of this copy."""
    # The others are other copies': open here too, they would hold the port until we end.
    for other in range(len(listeners)):
        if other != number:
            listeners[other].close()
    metrics.join_shared_table("pages", number)
    # Each process holds its own lease on an embedded server, and the last to end stops it.
    with bootstrap.open_settings() as settings:
        set_up_logging(settings, "pages")
        set_up_tracing(settings, "pages")
        application.state.settings = keyring.ensure_secrets(settings)
        server = uvicorn.Server(server_config(cleaner, settings))
        bootstrap.run_async(serve_beating(server, listeners[number], heart))


async def serve_beating(server: uvicorn.Server, listener: socket.socket, heart: Heart) -> None:
    asyncio.get_running_loop().set_exception_handler(AcceptFailures())
    async with keep_beating(heart):
        await server.serve(sockets=[listener])


def server_config(cleaner: memory.MemoryCleaner, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        cleaner,
        # An access log would say which address read or sent what, and when.
        access_log=False,
        log_config=None,  # ours, from set_up_logging
        log_level="warning",
        proxy_headers=True,
        forwarded_allow_ips=settings.trusted_proxies,
        server_header=False,
        http=PatientProtocol,
        ws="none",
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
