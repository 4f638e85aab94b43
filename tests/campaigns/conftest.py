"""Servers and folders that may be broken: none of the other tests uses them."""

import pathlib
import shutil
import tempfile
from urllib.parse import quote

import pytest

from survey.store import embedded
from tests.campaigns.processes import DEBIAN, Debian, kill_all, postgres_under


@pytest.fixture(scope="module")
def own_server(tmp_path_factory):
    """A PostgreSQL of this file alone, thrown away at the end."""
    with embedded.serving(tmp_path_factory.mktemp("own"), throwaway=True) as dsn:
        yield dsn


@pytest.fixture(scope="module")
def folder():
    """Short and open to all, so that the embedded data lie within it; nothing survives the test."""
    top = pathlib.Path(tempfile.mkdtemp(prefix="sc-", dir="/tmp"))
    top.chmod(0o755)
    (top / "data").mkdir(mode=0o755)
    yield top
    kill_all(postgres_under(top))
    shutil.rmtree(top)


@pytest.fixture(scope="module")
def embedded_dsn(folder):
    """Where the embedded server of a service in this folder listens; this holds no lease on it."""
    sockets = folder / "data" / "postgres" / "socket"
    return f"postgresql:///soundings?host={quote(str(sockets))}&port=5432&user=soundings"


@pytest.fixture(scope="module")
def debian(folder):
    if not DEBIAN:
        pytest.skip("there is no PostgreSQL under /usr/lib/postgresql")
    with Debian(folder) as server:
        yield server
