"""Traces by OpenTelemetry, where an address for them is set: requests, jobs and statements.

A span has its time to the microsecond, and the database stores only the hour in which somebody
answered. So no request is traced by which a resident sends or opens something, nor its statements.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Protocol

from api.observing.current import RequestRecord
from api.observing.metrics import OPEN_ROUTES
from api.process.loading import import_lock
from api.settings import Settings
from survey.problems import Unavailable
from survey.store.connections import condition

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Tracer

UNTRACED = ("/static", "/health")


class Traced(Protocol):
    """What a span can be told."""

    def set_attribute(self, key: str, value: str | int) -> None: ...

    def update_name(self, name: str) -> None: ...


class Tracing:
    """How this process traces: `tracer` is None where it does not."""

    def __init__(self) -> None:
        self.tracer: Tracer | None = None


TRACING = Tracing()


def set_up_tracing(settings: Settings, process: str) -> "TracerProvider | None":
    """Send spans of this process to the address of the settings from now on; None without one."""
    if not settings.traces_url:
        return None
    check_tracing(settings)
    with import_lock("opentelemetry.exporter.otlp.proto.http.trace_exporter"):
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

    # Not Resource.create: it would add what it finds about this machine and process.
    resource = Resource({"service.name": "soundings", "soundings.process": process})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(settings.traces_url)))
    TRACING.tracer = provider.get_tracer("soundings")
    condition.WATCH.report = trace_statement
    return provider


def check_tracing(settings: Settings) -> None:
    """Raise if traces are wanted and their library is not installed, before anything starts."""
    if settings.traces_url and find_spec("opentelemetry") is None:
        raise missing_tracing_library()


missing_tracing_library = Unavailable.of(
    "traces.not_installed",
    "SOUNDINGS_TRACES_URL is set, but the extra `tracing` is not installed.",
    "Install it (docs/operators.md, Traces), or leave the setting empty.",
)


@contextmanager
def trace_span(name: str) -> Iterator[Traced | None]:
    """A span around the block; None where this process traces nothing."""
    if TRACING.tracer is None:
        yield None
        return
    # Without the exception: its message may quote what was sent.
    with TRACING.tracer.start_as_current_span(
        name, record_exception=False, set_status_on_exception=False
    ) as span:
        yield span


@contextmanager
def trace_request(record: RequestRecord, path: str) -> Iterator[None]:
    """A span around a request, named by its route, if it is one that may be traced."""
    if TRACING.tracer is None or not is_traced(record.method, path):
        yield
        return
    with trace_span(record.method) as span:
        yield
        if span is not None:
            span.update_name(f"{record.method} {record.route or 'none'}")
            span.set_attribute("http.request.method", record.method)
            span.set_attribute("http.route", record.route or "none")
            span.set_attribute("http.response.status_code", record.status)
            span.set_attribute("soundings.request", record.id)


def is_traced(method: str, path: str) -> bool:
    """Whether nobody sends or opens anything of their own by such a request."""
    read = method in ("GET", "HEAD") and path.startswith("/api/v1/")
    return read or (path.startswith(OPEN_ROUTES) and not path.startswith(UNTRACED))


def trace_statement(statement: str, seconds: float) -> None:
    """Add a statement that has ended to the span that is open here, if there is one."""
    with import_lock("opentelemetry.trace"):
        from opentelemetry import trace

    if TRACING.tracer is None or not trace.get_current_span().is_recording():
        return
    end = time.time_ns()
    span = TRACING.tracer.start_span("statement", start_time=end - int(seconds * 1e9))
    span.set_attribute("db.system.name", "postgresql")
    span.set_attribute("db.query.text", condition.statement_without_values(statement))
    span.end(end)
