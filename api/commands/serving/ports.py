"""The ports of pages and metrics: opened, or refused with what stands in the way."""

import asyncio
import contextlib
import errno
import logging
import socket
from collections.abc import Iterator

from api.security import keyring
from api.settings import Settings
from survey.problems import Problem, Unavailable

LOOPBACK = ("127.0.0.1", "localhost", "::1")
ANOTHER_PORT = "Give another with --port, or set SOUNDINGS_PORT."
ANOTHER_METRICS_PORT = (
    "Set another SOUNDINGS_METRICS_PORT: each `serve` and `worker` needs its own."
)
BALANCED = "SOUNDINGS_BALANCED"  # set by `serve --no-worker` alone, for its processes
NO_DESCRIPTORS = (errno.EMFILE, errno.ENFILE)
SAID_AGAIN_S = 60.0
BACKLOG = 2048  # visitors who wait while the first start makes its database

log = logging.getLogger("soundings")


@contextlib.contextmanager
def open_listening_sockets(
    host: str, port: int, count: int = 1, *, another: str = ANOTHER_PORT, at_once: bool = True
) -> Iterator[list[socket.socket]]:
    """Sockets that listen at the address, among which Linux divides the connections; a `Problem` if
    that is not possible. `another` says how to choose another port.

    Without `at_once` the process that serves listens once it can answer. Behind a balancer that is
    better than connections that wait, as another application can answer them.
    """
    with contextlib.ExitStack() as stack:
        try:
            opened = [
                stack.enter_context(open_socket(host, port, first=not number))
                for number in range(count)
            ]
            # The first comes last: it is alone until all are there.
            for listener in reversed(opened) if at_once else ():
                listener.listen(BACKLOG)
        except OSError as error:
            raise address_problem(host, port, error, another) from error
        yield opened


def open_socket(host: str, port: int, *, first: bool) -> socket.socket:
    """A socket that is bound to an address: the first one only where nobody else listens."""
    # At `::` all of them take IPv4 too, where the system is not set otherwise.
    opened = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, int(not first))
        opened.bind((host, port))
        # Only now: bound with it, a second start would share our port instead of being refused.
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    except OSError:
        opened.close()
        raise
    return opened


@contextlib.contextmanager
def open_metrics_socket(wanted: Settings) -> Iterator[socket.socket | None]:
    """The socket on which metrics are read, or None without SOUNDINGS_METRICS_PORT."""
    if not wanted.metrics_port:
        yield None
        return
    if wanted.metrics_token and keyring.is_weak(wanted.metrics_token):
        raise weak_metrics_token()
    address = (metrics_host(wanted), wanted.metrics_port)
    with open_listening_sockets(*address, another=ANOTHER_METRICS_PORT) as (opened,):
        yield opened


def metrics_host(settings: Settings) -> str:
    """The host of the metrics port: that of the pages if a token is set, else this machine
    alone.
    """
    return settings.host if settings.metrics_token else LOOPBACK[0]


weak_metrics_token = Unavailable.of(
    "metrics.weak_token",
    "SOUNDINGS_METRICS_TOKEN can be guessed: it must be at least 32 random characters.",
    "Set it to what `openssl rand -hex 32` prints, or leave it out: the metrics are then open to "
    "this machine only.",
)


def address_problem(host: str, port: int, error: OSError, another: str) -> Problem:
    """The refusal that says why this machine cannot listen at the address."""
    if error.errno == errno.EADDRINUSE:
        return port_in_use(host=host, port=port, another=another)
    if error.errno in (errno.EACCES, errno.EPERM):
        return forbidden_port(port, another)
    return unusable_host(host, error.strerror or str(error))


port_in_use = Unavailable.of(
    "port.in_use",
    "Port {port} of {host} is in use by another program.",
    "Stop that program (perhaps Soundings is running already). {another}",
)
forbidden_port = Unavailable.of("port.forbidden", "You may not listen on port {port}.", "{another}")

unusable_host = Unavailable.of(
    "host.unusable",
    "This machine cannot listen at {host}: {why}.",
    "Give an address of this machine with --host, or set SOUNDINGS_HOST.",
)


def base_address(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class AcceptFailures:
    """The event loop's handler of failures; it logs connections without a descriptor once a minute.

    The loop then waits for a second, but it reports each of the 2,048 connections that may wait.
    """

    def __init__(self) -> None:
        self.said_at = -SAID_AGAIN_S

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        failure = context.get("exception")
        # The loop tries each of them again a second later, also if we have ended meanwhile.
        if "_start_serving" in str(context["message"]):
            return
        if not isinstance(failure, OSError) or failure.errno not in NO_DESCRIPTORS:
            loop.default_exception_handler(context)
        elif loop.time() - self.said_at >= SAID_AGAIN_S:
            self.said_at = loop.time()
            log.error(
                "no file descriptor is left for a new connection: raise the limit (ulimit -n)"
            )
