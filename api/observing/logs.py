"""Log lines on standard error and traces: never what somebody sent, nor who they are.

A line has a fixed set of fields. Messages are written by us, so they are shown; a library's message
may quote anything, so only its place is. An error is its type and place, without its words.

The id of a request is random, of this request alone, and stored nowhere. We take none from outside,
because a sender could put anything into it. A span of a trace has its time to the microsecond, and
the database stores only the hour in which somebody answered. So no request is traced by which a
resident sends or opens something, nor its statements.
"""

import datetime
import logging
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol

import msgspec

from api.observing import metrics
from api.observing.metrics import OPEN_ROUTES
from api.process.installation import import_lock
from api.settings import ROOT, Settings
from survey.problems import Unavailable
from survey.store.connections import condition

OURS = "soundings"
# Its messages are constants of its code, shown without the values that it would put into them;
# but for the traceback of an application that does not start, which has the words of the error.
WITH_CONSTANT_MESSAGES = ("uvicorn",)
TRACEBACK = "Traceback"

log = logging.getLogger("soundings")
UNTRACED = ("/static", "/health")


class RequestRecord(msgspec.Struct):
    """What is known of the request that is being answered; `status` is 0 before the response."""

    id: str
    method: str
    began: float
    route: str = ""
    status: int = 0
    seconds: float = 0.0


CURRENT: ContextVar[RequestRecord | None] = ContextVar("request", default=None)


def current_request_id() -> str:
    """The id of the request that is being answered, or ""."""
    record = CURRENT.get()
    return record.id if record else ""


class LogLine(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A log line. What logs can give no other fields than these."""

    time: str
    level: str
    logger: str
    message: str
    process: str = ""
    request: str = ""
    method: str = ""
    route: str = ""
    job: str = ""
    tries: int = 0
    seconds: float = 0.0
    statement: str = ""
    error: str = ""
    place: str = ""


class LineFormatter(logging.Formatter):
    """Formats each log record as one line; `process` is the name of this process in each line."""

    def __init__(self, process: str, *, as_json: bool) -> None:
        super().__init__()
        self.process, self.as_json = process, as_json

    def format(self, record: logging.LogRecord) -> str:
        line = log_line(record, self.process)
        metrics.count("soundings_log_lines_total", level=line.level.lower())
        return msgspec.json.encode(line).decode() if self.as_json else line_as_text(line)


def log_line(record: logging.LogRecord, process: str) -> LogLine:
    at = datetime.datetime.fromtimestamp(record.created, datetime.UTC)
    error = record.exc_info[1] if record.exc_info else None
    place = failure_place(error) if error else {}
    return LogLine(
        time=f"{at:%Y-%m-%dT%H:%M:%SZ}",
        level=record.levelname,
        logger=record.name,
        message=message_of(record),
        process=process,
        request=current_request_id(),
        **(place | getattr(record, "fields", {})),
    )


def message_of(record: logging.LogRecord) -> str:
    """The message of a record if it cannot contain what was sent; else where it was logged."""
    source = record.name.partition(".")[0]
    if source == OURS:
        return record.getMessage()
    if source in WITH_CONSTANT_MESSAGES and not str(record.msg).startswith(TRACEBACK):
        return str(record.msg)
    return f"message of {record.name} at {Path(record.pathname).name}:{record.lineno}"


def line_as_text(line: LogLine) -> str:
    words = f"{line.time} {line.level} {line.logger}: {line.message}"
    # Our own messages name the error already; this is for those of libraries.
    if line.error and line.error not in line.message:
        words += f" ({line.error} at {line.place})"
    return words + (f" [request {line.request}]" if line.request else "")


def failure_place(failure: BaseException) -> dict[str, str]:
    """The failure's type and innermost place; never its message, which may quote what was sent."""
    place = failure.__traceback__
    # To the innermost frame: the outer ones are the framework's, the same for every error.
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    if place is None:
        return {"error": type(failure).__name__, "place": "?"}
    file = place.tb_frame.f_code.co_filename.removeprefix(f"{ROOT}/")
    return {"error": type(failure).__name__, "place": f"{file}:{place.tb_lineno}"}


def set_up_logging(settings: Settings, name: str) -> None:
    """Write what this process logs from now on, and what ends it, as LogLines."""
    output = logging.StreamHandler()
    as_json = settings.log_format == "json"
    output.setFormatter(LineFormatter(f"{name} {os.getpid()}", as_json=as_json))
    logging.basicConfig(handlers=[output], level=logging.WARNING, force=True)
    condition.WATCH.slow_s = settings.slow_s
    # Python would print these with their message, and a line of our own program.
    sys.excepthook = log_uncaught
    sys.unraisablehook = lambda wrong: log_lost(wrong.exc_value)
    threading.excepthook = lambda wrong: log_lost(wrong.exc_value)


def log_uncaught(
    kind: type[BaseException], failure: BaseException, trace: TracebackType | None
) -> None:
    """Log the failure that ends this process, unless somebody stopped the process by hand."""
    if issubclass(kind, KeyboardInterrupt):
        return
    log_failure("this process ends with", failure)


def log_lost(failure: BaseException | None) -> None:
    """Log a failure that nobody was there to handle."""
    if failure is not None:
        log_failure("nobody handled", failure)


def log_failure(words: str, failure: BaseException, **fields: str) -> None:
    """Log an error with its type and place, without its message."""
    place = failure_place(failure)
    log.error(
        "%s %s at %s", words, place["error"], place["place"], extra={"fields": place | fields}
    )


if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Tracer


class Traced(Protocol):
    """What a span can record."""

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
    "Install it (docs/how-to/operators/watch-it.md), or leave the setting empty.",
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
    """Whether a request may be traced: nobody sends or opens anything of their own by it."""
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
