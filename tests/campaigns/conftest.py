"""Servers and folders that may be broken: no other test uses them."""

import pathlib
import shutil
import tempfile
from urllib.parse import quote

import pytest

from survey.store.connections import embedded
from tests.campaigns.processes import DEBIAN_SERVERS, DebianPostgres, find_postgres, kill_all


@pytest.fixture(scope="module")
def own_server(tmp_path_factory):
    """A PostgreSQL for this test file alone, deleted at the end."""
    with embedded.open_server(tmp_path_factory.mktemp("own"), throwaway=True) as dsn:
        yield dsn


@pytest.fixture(scope="module")
def folder():
    """A folder with a short path that everyone can read, so that the embedded data fit into it.

    Everything in it is killed and deleted at the end.
    """
    top = pathlib.Path(tempfile.mkdtemp(prefix="sc-", dir="/tmp"))
    top.chmod(0o755)
    (top / "data").mkdir(mode=0o755)
    yield top
    kill_all(find_postgres(top))
    shutil.rmtree(top)


@pytest.fixture(scope="module")
def embedded_dsn(folder):
    """The address of the embedded server in this folder; it does not keep the server alive."""
    sockets = folder / "data" / "postgres" / "socket"
    return f"postgresql:///soundings?host={quote(str(sockets))}&port=5432&user=soundings"


@pytest.fixture(scope="module")
def debian(folder):
    """A server of Debian's own packages, or a skip where there is none."""
    if not DEBIAN_SERVERS:
        pytest.skip("there is no PostgreSQL under /usr/lib/postgresql")
    with DebianPostgres(folder) as server:
        yield server
