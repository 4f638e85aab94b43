"""The owner of the embedded server is stopped, killed, started twice: one server stays.

Size: each way CAMPAIGN_ROUNDS times.
"""

import os
import signal
import time

import pytest

from tests.campaigns.processes import OurCommand, Service, find_postgres, kill_all
from tests.campaigns.sizes import DEADLINE_S, ROUNDS, log

pytestmark = pytest.mark.slow


def find_servers(folder):
    """The main processes of the servers on this folder; there should be one."""
    from tests.campaigns.processes import list_processes

    tree = find_postgres(folder)
    parents = {pid: parent for pid, parent, _ in list_processes()}  # after: backends come and go
    return [pid for pid in tree if pid in parents and parents[pid] not in tree]


def wait_for(condition):
    end = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


WAYS = {
    "Ctrl-C": [signal.SIGINT],
    "Ctrl-C twice": [signal.SIGINT, signal.SIGINT],
    "TERM": [signal.SIGTERM],
    "TERM twice": [signal.SIGTERM, signal.SIGTERM],
    "the terminal closed": [signal.SIGHUP],
}


@pytest.mark.parametrize("way", WAYS)
def test_who_is_told_to_stop_leaves_no_server_behind(folder, way):
    with Service(folder) as service:
        assert len(find_servers(folder)) == 1
        for number in WAYS[way]:
            os.kill(service.process.pid, number)
            time.sleep(0.2)  # as fast as fingers are
        service.process.wait(DEADLINE_S)
        wait_for(lambda: not find_servers(folder))
    log.info("%s: no server left", way)


@pytest.mark.parametrize("number", range(ROUNDS))
def test_after_kill_9_of_the_owner_the_next_start_has_one_server(folder, number):
    with Service(folder) as service:
        os.kill(service.process.pid, signal.SIGKILL)
        service.process.wait()
    assert len(find_servers(folder)) <= 1
    with Service(folder) as service:
        assert len(find_servers(folder)) == 1
        service.stop()
        wait_for(lambda: not find_servers(folder))


def test_two_on_one_folder_share_one_server_until_the_last_has_gone(folder):
    with Service(folder) as first, Service(folder) as second:
        assert len(find_servers(folder)) == 1
        first.stop()
        assert len(find_servers(folder)) == 1
        second.wait_until_it_answers()
        second.stop()
        wait_for(lambda: not find_servers(folder))


def test_the_first_of_two_is_killed_and_the_second_goes_on(folder):
    with Service(folder) as first, Service(folder) as second:
        first.kill()
        second.wait_until_it_answers()
        assert len(find_servers(folder)) == 1
        second.stop()
        wait_for(lambda: not find_servers(folder))


def test_the_number_of_a_stranger_in_the_pid_file_stops_nobody(folder):
    """As after a reboot: the process id in postmaster.pid now belongs to another process."""
    with Service(folder) as service:
        note = folder / "data" / "postgres" / "data" / "postmaster.pid"
        lines = note.read_text().splitlines()
        service.kill()
        kill_all(find_postgres(folder))
    note.write_text("\n".join([str(os.getpid()), *lines[1:]]))
    with Service(folder) as service:
        assert len(find_servers(folder)) == 1
        service.stop()
    wait_for(lambda: not find_servers(folder))


def test_two_starts_at_once_on_a_new_folder_make_one_database(folder):
    with OurCommand(folder, "migrate") as first, OurCommand(folder, "migrate") as second:
        assert first.process.wait(DEADLINE_S) == 0, first.told()
        assert second.process.wait(DEADLINE_S) == 0, second.told()
    wait_for(lambda: not find_servers(folder))
