"""A new run clears away what dead runs of throwaway servers left, and nothing else."""

import fcntl
import os
import subprocess
import sys

import pytest

from survey.store.connections import embedded
from tests.waiting import until_sync


@pytest.fixture
def abandoned(tmp_path):
    """The home of a throwaway server whose folder nobody has used for a long time."""
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "lease").touch()
    os.utime(folder / "lease", (0, 0))
    home = tmp_path / "throwaway-1"
    (home / "data").mkdir(parents=True)
    embedded.note_folder(home, folder)
    (folder / "home").symlink_to(home)
    return home


def test_what_nobody_uses_any_more_is_cleared(tmp_path, abandoned):
    embedded.clear_abandoned(tmp_path)
    assert not abandoned.exists()
    assert not (tmp_path / "folder" / "home").is_symlink()


def test_a_home_whose_folder_is_gone_is_cleared(tmp_path, abandoned):
    (tmp_path / "folder").rename(tmp_path / "elsewhere")
    embedded.clear_abandoned(tmp_path)
    assert not abandoned.exists()


def test_a_home_whose_note_is_being_written_stays(tmp_path, abandoned):
    """One of ten runs lost a server that had just been made: 1,633 tests failed."""
    (abandoned / embedded.NOTE_FILE).write_text("")
    embedded.clear_abandoned(tmp_path)
    assert abandoned.exists()


def test_a_server_that_is_still_at_work_there_is_stopped_first(tmp_path, abandoned):
    command = [sys.executable, "-c", "import sys; sys.stdin.read()", str(abandoned / "data")]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as server:
        (abandoned / "data" / "postmaster.pid").write_text(f"{server.pid}\n")
        until_sync(embedded.is_server, str(server.pid), abandoned / "data")  # it has begun
        embedded.clear_abandoned(tmp_path)
        assert server.wait(60) < 0
    assert not abandoned.exists()


def test_a_number_of_some_other_process_stops_nothing(tmp_path, abandoned):
    (abandoned / "data" / "postmaster.pid").write_text(f"{os.getpid()}\n")
    embedded.clear_abandoned(tmp_path)
    assert not abandoned.exists()


def test_what_somebody_uses_stays(tmp_path, abandoned):
    with (tmp_path / "folder" / "lease").open("a") as lease:
        fcntl.flock(lease, fcntl.LOCK_SH)
        embedded.clear_abandoned(tmp_path)
    assert abandoned.exists()


def test_what_somebody_used_just_now_stays(tmp_path, abandoned):
    (tmp_path / "folder" / "lease").touch()
    embedded.clear_abandoned(tmp_path)
    assert abandoned.exists()


def test_nothing_else_is_touched(tmp_path, abandoned):
    (abandoned / embedded.NOTE_FILE).unlink()
    folder = tmp_path / "kept-1"
    folder.mkdir()
    embedded.note_folder(folder, tmp_path / "nowhere")
    embedded.clear_abandoned(tmp_path)
    assert abandoned.exists()
    assert folder.exists()
