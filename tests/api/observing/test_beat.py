"""The health of a worker is the age of its last measurement, read from its metrics."""

import asyncio
import socket

import pytest

from api import clock
from api.observing import beat, metrics
from api.observing.metrics import NumberTable
from tests import alone

NAME, TOKEN = "soundings_measured_timestamp_seconds", "0123456789abcdef" * 2


@pytest.fixture
def table():
    return NumberTable()


async def check(table, monkeypatch, token=TOKEN):
    """The exit code of the health check, with a worker whose metrics are these."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        monkeypatch.setenv("SOUNDINGS_METRICS_PORT", str(listener.getsockname()[1]))
        monkeypatch.setenv("SOUNDINGS_METRICS_TOKEN", token)
        async with metrics.open_endpoint(listener, TOKEN, [table]):
            return await asyncio.to_thread(beat.main)


async def test_a_worker_that_has_just_measured_is_well(table, monkeypatch, capsys):
    assert await check(table, monkeypatch) == 1
    table.set(NAME, clock.now().timestamp() - 2 * beat.MOST_AGE_S)
    assert await check(table, monkeypatch) == 1
    assert "measured nothing" in capsys.readouterr().err
    table.set(NAME, clock.now().timestamp())
    assert await check(table, monkeypatch) == 0
    assert await check(table, monkeypatch, token="another") == 1
    assert "does not answer" in capsys.readouterr().err


@pytest.mark.parametrize("is_set", [False, True])
def test_a_worker_that_does_not_answer_is_not(is_set, monkeypatch, capsys):
    monkeypatch.setenv("SOUNDINGS_METRICS_PORT", str(alone.free_port()) if is_set else "")
    assert beat.main() == 1
    assert "does not answer on port" in capsys.readouterr().err
