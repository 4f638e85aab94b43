"""The real embedded server: shared, killed, half created, under a long path, gone at the end."""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import pytest

from survey.store.connections import embedded
from tests.waiting import until, until_sync

ROOT = Path(__file__).parents[3]
SHARER = """
import sys, pathlib
from survey.store.connections import embedded
with embedded.open_server(pathlib.Path(sys.argv[1]),
throwaway=sys.argv[2] == "throwaway") as address:
    print(address, flush=True)
    sys.stdin.readline()
"""
Sharer = subprocess.Popen[str]

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root lends the server an account")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short folder that all can read, unlike pytest's; fails if a server still runs in it."""
    top = Path(tempfile.mkdtemp(prefix="sd-", dir="/tmp"))
    top.chmod(0o755)
    yield top / "postgres"
    homes = [top, *(link.resolve() for link in top.rglob("home") if link.is_symlink())]
    left = [number for home in homes for number in server_pids(home)]
    for number in left:
        os.kill(number, signal.SIGKILL)
    for home in homes:
        shutil.rmtree(home)
    assert not left, "a server outlived the test"


@pytest.fixture
def share(folder: Path) -> Iterator[Callable[..., Sharer]]:
    """Starts another process that keeps the server running until it is told to stop or killed."""
    with contextlib.ExitStack() as sharers:

        def begin(kind: str = "throwaway") -> Sharer:
            command = [sys.executable, "-P", "-c", SHARER, str(folder), kind]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
            environment = {**os.environ, "PYTHONPATH": str(ROOT)}
            sharer = sharers.enter_context(subprocess.Popen(command, env=environment, **pipes))
            sharers.callback(sharer.kill)
            return sharer

        yield begin


def server_pids(home: Path) -> list[int]:
    """Process ids of the servers with data in this folder, without their child processes."""
    parents = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (entry / "cmdline").read_bytes()
            if words.split(b"\0")[0].endswith(b"/postgres") and os.fsencode(home) in words:
                status = (entry / "status").read_text()
                parents[int(entry.name)] = int(status.partition("PPid:")[2].split()[0])
    return [number for number, parent in parents.items() if parent not in parents]


def read_address(sharer: Sharer) -> str:
    return sharer.stdout.readline().strip()


def stop_sharer(sharer: Sharer) -> None:
    sharer.communicate("\n", timeout=120)
    assert sharer.returncode == 0


async def query_value(address: str, statement: str) -> object:
    connection = await asyncpg.connect(address)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def test_two_processes_share_one_server_and_the_last_one_out_stops_it(folder, share):
    first, second = share(), share()
    address = read_address(first)
    assert read_address(second) == address
    (one,) = server_pids(folder)
    stop_sharer(first)
    assert await query_value(address, "select 1") == 1
    assert server_pids(folder) == [one]
    stop_sharer(second)
    assert server_pids(folder) == []


async def test_the_log_of_the_server_holds_no_keys_of_rows(folder, share):
    """A duplicate email address is refused now and then; the log must not show the address."""
    sharer = share()
    address = read_address(sharer)
    await query_value(address, "create table accounts (email text primary key)")
    again = "insert into accounts select 'cindy@' || 'example.org'"
    await query_value(address, again)
    with pytest.raises(asyncpg.UniqueViolationError) as refused:
        await query_value(address, again)
    assert "cindy@example.org" in refused.value.detail
    (log,) = {one.resolve() for one in folder.rglob("server.log")}
    said = log.read_text()
    stop_sharer(sharer)
    assert "duplicate key value" in said
    assert "DETAIL" not in said
    assert "cindy@example.org" not in said


@pytest.mark.slow
async def test_a_killed_sharer_is_not_waited_for(folder, share):
    killed, other = share(), share()
    read_address(killed), read_address(other)
    killed.kill()
    killed.wait()
    stop_sharer(other)
    assert server_pids(folder) == []


@pytest.mark.slow
async def test_rows_outlive_the_sudden_death_of_server_and_owner(folder, share):
    owner = share("durable")
    address = read_address(owner)
    await query_value(address, "create table kept as select generate_series(1, 1000) as n")
    busy = asyncio.create_task(
        query_value(address, "select count(*) from generate_series(1, 9000000) n")
    )
    await until(
        query_value, address, "select count(*) from pg_stat_activity where query like '%9000000) n'"
    )
    (server,) = server_pids(folder)
    os.kill(server, signal.SIGKILL)
    owner.kill()
    owner.wait()
    with embedded.open_server(folder) as again:
        assert await query_value(again, "select count(*) from kept") == 1000
        assert await query_value(again, "select current_setting('fsync')") == "on"
    with contextlib.suppress(asyncpg.PostgresError, OSError):
        await busy


@pytest.mark.slow
async def test_a_start_cut_short_is_made_anew(folder, share):
    cut = share()
    until_sync((folder / "data.half" / "global").exists)
    cut.kill()
    cut.wait()
    assert not (folder / "data").exists()
    with embedded.open_server(folder, throwaway=True) as address:
        assert await query_value(address, "select current_database()") == "soundings"
        assert await query_value(address, "select current_setting('fsync')") == "off"
    assert not (folder / "data.half").exists()


@pytest.mark.slow
async def test_a_number_left_by_a_dead_server_is_not_believed(folder):
    with embedded.open_server(folder, throwaway=True):
        note = (folder / "data" / "postmaster.pid").read_text()
    lines = [str(os.getpid()), *note.splitlines()[1:]]
    (folder / "data" / "postmaster.pid").write_text("\n".join(lines))
    with embedded.open_server(folder, throwaway=True) as address:
        assert await query_value(address, "select 1") == 1


@pytest.mark.slow
async def test_a_long_path_with_a_comma_gets_a_short_private_socket(folder):
    far = folder / ("long, " * 20) / "postgres"
    with embedded.open_server(far, throwaway=True) as address:
        assert await query_value(address, "select 1") == 1
        sockets = Path(address.partition("host=")[2].partition("&")[0])
        assert sockets.parent == embedded.SHORT_SOCKETS
        assert sockets.stat().st_mode & 0o777 == 0o700
    shutil.rmtree(sockets)


@as_root
@pytest.mark.slow
async def test_a_folder_inside_a_private_one_keeps_its_data_where_the_account_can_go(folder):
    folder.mkdir(mode=0o700)
    inside = folder / "var"
    with embedded.open_server(inside) as address:
        await query_value(address, "create table kept as select 7 as n")
    with embedded.open_server(inside) as address:
        assert await query_value(address, "select n from kept") == 7
    assert (inside / "home").resolve().parent == embedded.OUTSIDE_HOMES
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.slow
@as_root
async def test_what_is_thrown_away_leaves_nothing_outside_its_folder(folder):
    folder.mkdir(mode=0o700)
    with embedded.open_server(folder, throwaway=True) as address:
        assert await query_value(address, "select 1") == 1
        home = (folder / "home").resolve()
    assert home.parent == embedded.OUTSIDE_HOMES
    assert not home.exists()


@pytest.mark.slow
@as_root
async def test_what_a_killed_run_left_is_cleared_with_its_server_by_a_later_run(folder, share):
    folder.mkdir(mode=0o700)
    run = share()
    read_address(run)
    home = (folder / "home").resolve()
    os.utime(folder / "lease", (0, 0))
    embedded.clear_abandoned(embedded.OUTSIDE_HOMES)
    assert server_pids(home), "it was in use"
    run.kill()
    run.wait()
    later = folder.with_name("later")
    later.mkdir(mode=0o700)
    with embedded.open_server(later, throwaway=True) as address:
        assert await query_value(address, "select 1") == 1
    assert (server_pids(home), home.exists()) == ([], False)
    assert not (folder / "home").is_symlink()


def test_a_stranger_in_the_place_of_the_socket_is_refused(folder):
    folder.mkdir()
    (folder / "socket").symlink_to("/tmp")
    with (
        pytest.raises(embedded.ServerUnavailable, match="private directory"),
        embedded.open_server(folder),
    ):
        pass


def test_programs_that_are_not_there_are_a_sentence(monkeypatch):
    monkeypatch.setenv("SOUNDINGS_PG_BIN", "/nowhere/bin")
    with pytest.raises(embedded.ServerUnavailable, match="SOUNDINGS_PG_BIN"):
        embedded.find_programs()


@pytest.mark.slow
def test_data_of_another_major_ask_for_its_programs(folder):
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "PG_VERSION").write_text("9\n")
    with (
        pytest.raises(embedded.ServerUnavailable, match="PostgreSQL 9"),
        embedded.open_server(folder),
    ):
        pass
