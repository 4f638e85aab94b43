"""Traces name routes, jobs and statements, and hold nothing of what residents send."""

import asyncio
import http.server
import threading

import pytest

from api.observing import logs
from api.observing.logs import is_traced, set_up_tracing
from api.settings import Settings
from survey.problems import Unavailable
from survey.store.connections.condition import WATCH
from survey.store.database import open_database

WORDS = "They kept me waiting for nine hours."


@pytest.fixture
def collector():
    """A collector of spans on this machine: its address, and the bodies that it was sent."""
    bodies = []

    class Collecting(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            bodies.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Collecting) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v1/traces", bodies
        server.shutdown()


@pytest.fixture
def provider(collector, monkeypatch):
    pytest.importorskip("opentelemetry.sdk", reason="the extra `tracing` is not installed")
    monkeypatch.setattr(WATCH, "report", None)
    monkeypatch.setattr(logs.TRACING, "tracer", None)
    made = set_up_tracing(Settings(traces_url=collector[0]), "trial 1")
    yield made
    made.shutdown()


def spans_in(bodies):
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    return [
        span
        for body in bodies
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


async def test_requests_are_traced_by_route_and_nothing_that_residents_do(
    client, collector, provider
):
    await client.get("/reports/weekly/2026-01-05?q=planted")
    await client.get("/complaints")
    answer = {"borough": "Hackney", "answers": {"subject": "taser", "story": WORDS}}
    await client.post("/api/v1/surveys/feedback/responses", json=answer)
    provider.force_flush()
    _, bodies = collector
    [span] = spans_in(bodies)
    assert span.name == "GET /reports/{kind}/{start}"
    assert b"planted" not in b"".join(bodies)
    assert not any(word in b"".join(bodies) for word in (b"2026-01-05", b"127.0.0.1", b"feedback"))


async def test_a_statement_is_part_of_what_asked_for_it_and_has_no_values(
    server, collector, provider
):
    async with open_database(server) as database:
        with logs.trace_span("job trial"):
            async with database.connection() as connection:
                await connection.fetchval("SELECT $1::text AS words", WORDS)
            await asyncio.sleep(0)  # the driver tells of a statement in the next round of the loop
        async with database.connection() as connection:
            await connection.fetchval("SELECT 'outside'")
    provider.force_flush()
    _, bodies = collector
    spans = spans_in(bodies)
    [job] = [one for one in spans if one.name == "job trial"]
    texts = {one.attributes[1].value.string_value for one in spans if one.name == "statement"}
    assert "SELECT $1::text AS words" in texts
    assert "SELECT ?" not in texts
    assert {one.parent_span_id for one in spans} == {b"", job.span_id}
    assert WORDS.encode() not in b"".join(bodies)


@pytest.mark.parametrize(
    ("method", "path", "traced"),
    [
        ("GET", "/reports", True),
        ("POST", "/work/jobs/release", True),
        ("GET", "/api/v1/surveys", True),
        ("POST", "/api/v1/surveys/feedback/responses", False),
        ("GET", "/surveys/feedback/story", False),
        ("POST", "/case", False),
        ("GET", "/health", False),
        ("GET", "/static/app.css", False),
    ],
)
def test_what_residents_send_or_open_is_not_traced(method, path, traced):
    assert is_traced(method, path) == traced


def test_without_an_address_nothing_is_traced():
    assert set_up_tracing(Settings(), "trial 1") is None


def test_a_missing_library_is_said(monkeypatch):
    monkeypatch.setattr(logs, "find_spec", lambda _: None)
    with pytest.raises(Unavailable) as refused:
        set_up_tracing(Settings(traces_url="http://127.0.0.1:4318/v1/traces"), "trial 1")
    assert refused.value.code == "traces.not_installed"
