"""The worker measures the service for the metrics and the operators' page."""

import asyncio
import datetime

import msgspec
import pytest

from api import clock
from api.observing import health as measuring
from api.observing import metrics, requests
from api.observing.health import RECORD_FILE, LastBackup
from api.observing.metrics import NumberTable
from survey.problems import Unavailable
from survey.store import health
from tests.analysis.editions.made_up_edition import sample
from tests.stored.published_editions import save_and_publish

LONG_AGO = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)


@pytest.fixture
def table(monkeypatch):
    monkeypatch.setattr(metrics, "table", NumberTable())
    return metrics.table


async def test_what_is_measured_is_shown_and_saved(db, table, tmp_path):
    last = LastBackup(clock.now(), str(tmp_path), 5, "x")
    (tmp_path / RECORD_FILE).write_bytes(msgspec.json.encode(last))
    await save_and_publish(db.the_connection, sample(number=1))
    await measuring.measure_health(db, tmp_path)
    found = table.read()
    assert found["soundings_last_backup_timestamp_seconds"] == last.at.timestamp()
    assert found["soundings_last_edition_timestamp_seconds"] > 0
    assert found["soundings_disk_free_bytes"] > 0
    assert found["soundings_measured_timestamp_seconds"] > 0
    [hour] = await health.load_hours(db.the_connection, LONG_AGO)
    assert hour.free_bytes == found["soundings_disk_free_bytes"]


@pytest.mark.parametrize(("waiting", "shown"), [(9, 0), (10, 10), (1_239, 1_230)])
def test_what_waits_is_shown_in_tens(table, waiting, shown):
    """One text more would give away the minute at which it came."""
    figures = health.HealthFigures(
        waiting_jobs=waiting,
        held_jobs=3,
        waiting_texts=waiting,
        oldest_text=None,
        last_finished=None,
        last_edition=None,
        database_bytes=5,
        connections=1,
    )
    measuring.show_figures(figures, 7)
    found = table.read()
    assert found["soundings_texts_waiting"] == found["soundings_jobs_waiting"] == shown
    assert found["soundings_jobs_held"] == 3


class NoDatabase:
    def connection(self):
        raise Unavailable("database.unreachable", "It is away.", "Start it.")


async def test_measuring_goes_on_when_the_database_is_away(table, tmp_path, monkeypatch):
    stop = asyncio.Event()
    monkeypatch.setattr(measuring, "EVERY_S", 0)
    tries = []

    class Away(NoDatabase):
        def connection(self):
            tries.append(1)
            if len(tries) == 3:
                stop.set()
            return super().connection()

    await measuring.measure_until_stopped(Away(), stop, tmp_path)
    assert len(tries) == 3


async def test_requests_are_saved_and_wait_for_a_database_that_is_away(db, monkeypatch):
    monkeypatch.setattr(metrics, "sums", metrics.RequestSums())
    for status, seconds in ((200, 0.1), (500, 0.1), (200, 3.0)):
        metrics.sums.add(status, seconds)
    await requests.save_sums(NoDatabase())
    await requests.save_sums(db)
    await requests.save_sums(db)
    [hour] = await health.load_hours(db.the_connection, LONG_AGO)
    assert (hour.requests, hour.failed_requests, hour.slow_requests) == (3, 1, 1)
