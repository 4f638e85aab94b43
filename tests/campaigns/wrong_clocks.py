"""Clocks that a file sets, for our processes and for PostgreSQL's, by libfaketime."""

import datetime
import pathlib
import shlex
import stat
import time

import pytest

from survey.store.connections import embedded

FAKETIME_LIBRARIES = sorted(pathlib.Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))


class FakeClock:
    """A clock that differs from the true one by what is written in its file."""

    def __init__(self, file):
        if not FAKETIME_LIBRARIES:
            pytest.skip("there is no libfaketime here (Debian's package faketime)")
        self.file = file
        self.set_ahead(datetime.timedelta())

    def set_ahead(self, ahead):
        self.ahead = ahead
        half = self.file.with_suffix(".half")
        half.write_text(f"{ahead.total_seconds():+f}\n")
        half.chmod(0o644)
        half.replace(self.file)

    def set_to(self, moment):
        self.set_ahead(moment - datetime.datetime.now(datetime.UTC))

    def now(self):
        return datetime.datetime.fromtimestamp(time.time(), datetime.UTC) + self.ahead

    @property
    def environment(self):
        return {
            "LD_PRELOAD": str(FAKETIME_LIBRARIES[-1]),
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_DONT_RESET": "1",
        }


def wrap_programs(clock, folder):
    """Write wrappers of PostgreSQL's programs that see this clock; their folder."""
    folder.mkdir()
    given = " ".join(f"{name}={shlex.quote(value)}" for name, value in clock.environment.items())
    real = embedded.find_programs()
    for program in real.iterdir():
        wrapper = folder / program.name
        wrapper.write_text(f'#!/bin/sh\nexec env {given} {shlex.quote(str(program))} "$@"\n')
        wrapper.chmod(0o755 | stat.S_IXOTH)
    return folder
