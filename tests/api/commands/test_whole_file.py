"""A file that a command writes is complete under its name, or is not there at all."""

import errno
import io
import os
import pathlib
import sys

import pytest

from api.process.files import open_whole_file, open_whole_text
from survey.problems import Unavailable


def write_half(file):
    with open_whole_text(file) as table:
        table.write("half a")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_file_has_its_name_when_it_is_whole(tmp_path):
    file = tmp_path / "answers.csv"
    file.write_text("of last week")
    with open_whole_text(file) as table:
        table.write("a,é\r\n")
        assert file.read_text() == "of last week"
    assert file.read_bytes() == "a,é\r\n".encode()
    assert list(tmp_path.iterdir()) == [file]


def test_without_room_the_old_file_stays_and_no_half_file_is_left(tmp_path):
    file = tmp_path / "answers.csv"
    file.write_text("of last week")
    with pytest.raises(Unavailable, match="No space left") as refused:
        write_half(file)
    assert refused.value.code == "file.not_written"
    assert file.read_text() == "of last week"
    assert list(tmp_path.iterdir()) == [file]


def test_a_device_is_written_into_and_says_when_it_is_full():
    full = pathlib.Path("/dev/full")
    with pytest.raises(Unavailable, match="No space left"), open_whole_text(full) as table:
        table.write("a")


def test_a_missing_folder_is_one_sentence(tmp_path):
    with (
        pytest.raises(Unavailable, match="No such file"),
        open_whole_file(tmp_path / "no" / "file"),
    ):
        pass


def test_stdout_stays_open(monkeypatch):
    shown = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(sys, "stdout", shown)
    with open_whole_text(pathlib.Path("-")) as table:
        table.write("a")
    assert shown.buffer.getvalue() == b"a"
