"""Each request has an id of its own: in its response, on the page of an error and in the log."""

import logging
import re

import pytest

from api.observing import metrics
from api.observing.metrics import NumberTable
from survey.store.surveys import instruments

HEADER = "x-request-id"


@pytest.fixture
def counted(monkeypatch):
    """The numbers that this test counts."""
    monkeypatch.setattr(metrics, "table", NumberTable())
    monkeypatch.setattr(metrics, "waiting", {})
    return metrics.table


async def test_each_request_has_an_id_of_its_own(client):
    found = {(await client.get("/health/live")).headers[HEADER] for _ in range(3)}
    assert len(found) == 3
    assert all(re.fullmatch("[0-9a-f]{16}", one) for one in found)


async def test_no_id_is_taken_from_outside(client):
    answer = await client.get("/health/live", headers={HEADER: "somebody"})
    assert answer.headers[HEADER] != "somebody"


@pytest.fixture
def broken(monkeypatch):
    async def fail(*_):
        raise ValueError("what somebody sent")

    monkeypatch.setattr(instruments, "load_open_on", fail)
    monkeypatch.setattr(instruments, "load_newest", fail)


async def test_the_id_is_on_the_page_of_an_error_and_in_its_log_line(client, broken, caplog):
    with caplog.at_level(logging.ERROR):
        page = await client.get("/surveys?private=words")
    assert page.status_code == 500
    assert page.headers[HEADER] in page.text
    [line] = caplog.records
    assert line.fields["route"] == "/surveys"
    assert "private" not in line.getMessage()
    assert "somebody sent" not in line.getMessage()


async def test_a_program_gets_the_id_of_an_error_too(client, broken):
    answer = await client.get("/api/v1/surveys")
    assert answer.json()["request"] == answer.headers[HEADER]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", ["/health", "/health/ready", "/health/live"])
async def test_health_is_answered_to_get_and_head(client, method, path):
    answer = await client.request(method, path)
    assert answer.status_code == 200
    assert answer.text == "" if method == "HEAD" else answer.json()["status"] == "ok"


async def test_a_request_is_counted_by_its_route_and_not_by_its_address(client, counted):
    await client.get("/work/complaints/ABCD2345")
    await client.get("/nowhere/ABCD2345?q=words")
    names = list(counted.read())
    assert (
        metrics.series_name(
            "soundings_http_requests_total",
            (("method", "GET"), ("route", "/work/complaints/{reference}"), ("status", "302")),
        )
        in names
    )
    assert any('route="none",status="404"' in name for name in names)
    assert not any("ABCD2345" in name or "words" in name for name in names)
    assert counted.read()["soundings_http_requests_running"] == 0


async def test_an_unknown_method_is_no_label_of_its_own(client, counted):
    await client.request("PLANTED", "/health")
    assert any('method="other"' in name for name in counted.read())
    assert not any("PLANTED" in name for name in counted.read())


async def test_what_residents_do_is_shown_ten_at_a_time(client, counted):
    """A counter that goes up by one gives away the minute of an answer."""
    form = (("method", "GET"), ("route", "/complaints"), ("status", "200"))
    name = metrics.series_name("soundings_http_requests_total", form)
    shown = []
    for _ in range(11):
        await client.get("/complaints")
        shown.append(counted.read().get(name, 0))
    assert shown == [0] * 9 + [10, 10]
