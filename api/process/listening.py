"""Opens the port of the web server, before anything else is started."""

import contextlib
import errno
import socket
from collections.abc import Iterator

from survey.problems import Problem, Unavailable

LOOPBACK = ("127.0.0.1", "localhost", "::1")
BACKLOG = 2048  # visitors who wait while the first start makes its database


@contextlib.contextmanager
def open_listening_socket(host: str, port: int) -> Iterator[socket.socket]:
    """A socket that listens at the address; a `Problem` if that is not possible."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        opened = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise address_problem(host, port, error) from error
    with opened:
        yield opened


def address_problem(host: str, port: int, error: OSError) -> Problem:
    another = "Give another with --port, or set SOUNDINGS_PORT."
    if error.errno == errno.EADDRINUSE:
        return Unavailable(
            "port.in_use",
            f"Port {port} of {host} is in use by another program.",
            f"Stop that program (perhaps Soundings is running already). {another}",
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return Unavailable("port.forbidden", f"You may not listen on port {port}.", another)
    return Unavailable(
        "host.unusable",
        f"This machine cannot listen at {host}: {error.strerror or error}.",
        "Give an address of this machine with --host, or set SOUNDINGS_HOST.",
    )


def base_address(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
