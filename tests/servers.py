"""A streaming replica, a PgBouncer and a balancer, as on machines of their own."""

import contextlib
import os
import pathlib
import pwd
import re
import shutil
import socket
import ssl
import subprocess
import tempfile
from typing import NamedTuple
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from survey.store.connections import embedded
from tests import alone
from tests.campaigns.processes import run_as_options
from tests.waiting import until_sync

PGBOUNCER = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
CADDY = shutil.which("caddy")
POOLER_SETTINGS = """
[databases]
* = host={sockets} port=5432
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {home}/users
pool_mode = transaction
max_prepared_statements = 200
default_pool_size = {size}
max_client_conn = 400
"""


def place_of(folder, *, throwaway=True):
    """Where the embedded server of a folder is, and the account that runs it."""
    return embedded._find_place(pathlib.Path(folder).resolve(), throwaway=throwaway)


def address(place):
    sockets = quote(str(place.sockets))
    return f"postgresql:///{embedded.DATABASE}?host={sockets}&port=5432&user={embedded.USER}"


@contextlib.contextmanager
def own_folder(account, name):
    """A folder below /tmp that belongs to the account of a server; deleted at the end."""
    home = pathlib.Path(tempfile.mkdtemp(prefix=f"soundings-{name}-", dir="/tmp"))
    if account:
        os.chown(home, account.pw_uid, account.pw_gid)
    try:
        yield home
    finally:
        shutil.rmtree(home)


class Replica:
    """A copy of a running server that follows it; its own processes, data and socket."""

    def __init__(self, primary, home, *, throwaway=True):
        self.place = primary._replace(home=home, sockets=home)
        self.throwaway = throwaway
        self.dsn = address(self.place)
        # As an operator does it (docs/how-to/operators/use-several-machines.md), but by a socket
        # and without a password.
        words = ("-h", primary.sockets, "-p", "5432", "-U", embedded.USER, "-D", self.place.data)
        copied = embedded._run_program(
            primary, "pg_basebackup", *map(str, words), "-R", "-X", "stream", "-c", "fast"
        )
        assert copied.returncode == 0, copied.stderr

    def start(self):
        embedded._start_server(self.place, throwaway=self.throwaway)

    def stop(self):
        """Stop it at once, as a machine that loses its power."""
        words = ("stop", "-D", str(self.place.data), "-m", "immediate", "-t", "60")
        embedded._run_program(self.place, "pg_ctl", *words)

    def promote(self):
        words = ("promote", "-D", str(self.place.data), "-w")
        assert embedded._run_program(self.place, "pg_ctl", *words).returncode == 0


@contextlib.contextmanager
def run_replica(primary, *, throwaway=True):
    """Run a replica of the server at this place; it is stopped and deleted at the end."""
    with own_folder(primary.account, "replica") as home:
        replica = Replica(primary, home, throwaway=throwaway)
        try:
            replica.start()
            yield replica
        finally:
            replica.stop()


@contextlib.contextmanager
def run_pgbouncer(dsn, *, size=8):
    """Run PgBouncer in transaction mode before an embedded server; gives the address to use."""
    if PGBOUNCER is None:
        pytest.skip("there is no pgbouncer on this machine")
    target = urlsplit(dsn)
    sockets, port = parse_qs(target.query)["host"][0], alone.free_port()
    # It refuses to run as root, and only the account of the server may open its socket.
    account = pwd.getpwuid(pathlib.Path(sockets).stat().st_uid) if os.geteuid() == 0 else None
    with own_folder(account, "pgbouncer") as home:
        settings = POOLER_SETTINGS.format(sockets=sockets, port=port, home=home, size=size)
        (home / "settings.ini").write_text(settings)
        (home / "users").write_text(f'"{embedded.USER}" ""\n')
        with run_program([PGBOUNCER, home / "settings.ini"], port, home / "log", account):
            yield f"postgresql://{embedded.USER}@127.0.0.1:{port}{target.path}"


@contextlib.contextmanager
def run_program(words, port, log, account=None, **given):
    """Run a program of the machine that listens at a port; it is killed at the end."""
    with log.open("w") as written:
        process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=written, stderr=written,
            **run_as_options(account), **given,
        )  # fmt: skip
    try:
        until_sync(lambda: is_listening(port, process, log))
        yield process
    finally:
        process.kill()
        process.wait()


def is_listening(port, process, log):
    assert process.poll() is None, log.read_text()
    return alone.is_open(port)


class Balancer(NamedTuple):
    """Where a balancer answers, and the certificate of the authority that it made for itself."""

    address: str
    authority: pathlib.Path


def shows_certificate(port, authority):
    trusting = ssl.create_default_context(cafile=authority)
    with (
        contextlib.suppress(OSError),
        socket.create_connection(("127.0.0.1", port)) as plain,
        trusting.wrap_socket(plain, server_hostname="localhost"),
    ):
        return True
    return False


@contextlib.contextmanager
def run_balancer(folder, addresses, files, trusted=None):
    """Run the balancer of docker-compose.yml, with TLS, before applications on this machine;
    `trusted` is the proxy before it, if there is one.

    Only what cannot be as in a container differs: ports, where the files are, and that addresses
    are given instead of found by name.
    """
    if CADDY is None:
        pytest.skip("there is no caddy on this machine")
    port, plain, health = alone.free_port(), alone.free_port(), alone.free_port()
    text = (alone.ROOT / "Caddyfile").read_text()
    upstreams = " ".join(one.removeprefix("http://") for one in addresses)
    text = re.sub(r"dynamic a \{.*?\}", f"to {upstreams}", text, flags=re.DOTALL)
    text = text.replace("http_port 8080", f"http_port {plain}").replace(":8081", f":{health}")
    text = text.replace("https_port 8443", f"https_port {port}\n\tskip_install_trust")
    text = text.replace("root * /srv", f"root * {files}").replace("root /srv", f"root {files}")
    (folder / "Caddyfile").write_text(text)
    environment = os.environ | {
        "SOUNDINGS_SITE": "localhost",
        "XDG_DATA_HOME": str(folder / "balancer"),
        "XDG_CONFIG_HOME": str(folder / "balancer"),
    }
    environment.pop("SOUNDINGS_TRUSTED_PROXIES", None)
    environment |= {"SOUNDINGS_TRUSTED_PROXIES": trusted} if trusted else {}
    words = [CADDY, "run", "--adapter", "caddyfile", "--config", folder / "Caddyfile"]
    authority = folder / "balancer" / "caddy" / "pki" / "authorities" / "local" / "root.crt"
    with run_program(words, port, folder / "balancer.log", env=environment):
        until_sync(authority.exists)
        until_sync(shows_certificate, port, authority)  # which it makes a moment later
        yield Balancer(f"https://localhost:{port}", authority)
