"""Serves the pages in several processes: copies of one that has loaded and built the application.

Copies share what was loaded, start within a tenth of a second and count rate limits together.
"""

import asyncio
import socket
from collections.abc import Sequence
from functools import partial

import click
import uvicorn
import uvloop
from litestar import Litestar

from api import app, bootstrap
from api.app import Door
from api.commands.serving.copies import keep_copies_running
from api.commands.serving.listening import base_address
from api.security import keyring, memory
from api.security.connections import PatientProtocol, raise_open_file_limit
from api.settings import Settings, load_settings

DRAIN_SECONDS = 12  # for requests that run when we are asked to stop


def run_pages(descriptors: Sequence[int], door: Door | None = None) -> None:
    """Serve on each of these open sockets, in a process each, until asked to stop."""
    settings = keyring.ensure_secrets(load_settings())
    raise_open_file_limit()
    memory.overwrite_on_free()
    application = app.build(settings, door=door)
    # What exists by now is never garbage; looking at it again would end the sharing of memory.
    cleaner = memory.MemoryCleaner(application)
    address = base_address(settings.host, settings.port)
    click.echo(
        f"Soundings listens at {address}" if door is None else f"Open {address}{door.address}"
    )
    listeners = [socket.socket(fileno=one) for one in descriptors]
    keep_copies_running([partial(serve_on, one, application, cleaner) for one in listeners])


def serve_on(listener: socket.socket, application: Litestar, cleaner: memory.MemoryCleaner) -> None:
    """Serve on a socket until asked to stop."""
    # Each process holds its own lease on an embedded server, and the last to end stops it.
    with bootstrap.open_settings() as settings:
        application.state.settings = keyring.ensure_secrets(settings)
        server = uvicorn.Server(server_config(cleaner, settings))
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(server.serve(sockets=[listener]))


def server_config(cleaner: memory.MemoryCleaner, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        cleaner,
        # An access log would say which address read or sent what, and when.
        access_log=False,
        log_level="warning",
        proxy_headers=True,
        forwarded_allow_ips=settings.trusted_proxies,
        server_header=False,
        http=PatientProtocol,
        ws="none",
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
