"""What a command writes is whole under its name, or is not there."""

import errno
import io
import os
import pathlib
import sys

import pytest

from api.commands.whole_file import whole_file, whole_text
from survey.problems import Unavailable


def write_half(file):
    with whole_text(file) as table:
        table.write("half a")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_file_has_its_name_when_it_is_whole(tmp_path):
    file = tmp_path / "answers.csv"
    file.write_text("of last week")
    with whole_text(file) as table:
        table.write("a,é\r\n")
        assert file.read_text() == "of last week"
    assert file.read_bytes() == "a,é\r\n".encode()
    assert list(tmp_path.iterdir()) == [file]


def test_without_room_what_stood_there_stands_and_nothing_is_beside_it(tmp_path):
    file = tmp_path / "answers.csv"
    file.write_text("of last week")
    with pytest.raises(Unavailable, match="No space left") as refused:
        write_half(file)
    assert refused.value.code == "file.not_written"
    assert file.read_text() == "of last week"
    assert list(tmp_path.iterdir()) == [file]


def test_a_device_is_written_into_and_says_when_it_is_full():
    full = pathlib.Path("/dev/full")
    with pytest.raises(Unavailable, match="No space left"), whole_text(full) as table:
        table.write("a")


def test_a_folder_that_is_not_there_is_a_sentence(tmp_path):
    with pytest.raises(Unavailable, match="No such file"), whole_file(tmp_path / "no" / "file"):
        pass


def test_stdout_stays_open(monkeypatch):
    shown = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(sys, "stdout", shown)
    with whole_text(pathlib.Path("-")) as table:
        table.write("a")
    assert shown.buffer.getvalue() == b"a"
