"""The metrics: their names, what they count, and the page on which Prometheus reads them.

Labels are words of our own program: the pattern of a route, the kind of a job. Requests of
residents that succeed, and the jobs that these ask for, are shown ten at a time: a single one would
give away its minute, and the database stores only the hour.
"""

import asyncio
import functools
import hmac
import mmap
import os
import socket
import struct
import threading
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Literal, NamedTuple

import msgspec

DESCRIPTORS = "SOUNDINGS_NUMBERS"  # set by `serve` alone, for the processes that it starts
SHOWN_AT_ONCE = 10
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
JOB_BUCKETS = (0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0)
# Routes on which nobody sends or opens anything of their own.
OPEN_ROUTES = ("/work", "/static", "/health", "/docs", "/reports", "/method", "/about", "/explore")

Kind = Literal["counter", "gauge", "histogram"]
RECORDS = 8_192
RECORD_BYTES = 256  # the value, the length of its name, and the name
NAME_BYTES = RECORD_BYTES - 10
SIZE = (RECORDS + 1) * RECORD_BYTES  # the first record holds how many there are
LENGTH = struct.Struct("<H")
ESCAPED = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})  # in the value of a label
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
PATIENCE = 5.0  # seconds for the whole exchange: who is slower is cut off
LONGEST_HEAD = 8_192


class Metric(NamedTuple):
    """What a metric is and means. Counters of all processes are added up, and so are gauges if
    `added` is set; of any other gauge the largest value counts.
    """

    kind: Kind
    meaning: str
    added: bool = False


METRICS: dict[str, Metric] = {
    "soundings_http_requests_total": Metric("counter", "Requests answered, by route and status."),
    "soundings_http_request_seconds": Metric(
        "histogram", "Seconds until the first byte of a response, by route."
    ),
    "soundings_http_requests_running": Metric(
        "gauge", "Requests that are being answered now.", added=True
    ),
    "soundings_process_starts_total": Metric("counter", "How often a process was started."),
    "soundings_log_lines_total": Metric("counter", "Lines in the log, by level."),
    "soundings_jobs_total": Metric("counter", "Jobs run, by kind and outcome."),
    "soundings_job_seconds": Metric("histogram", "Seconds that a job took, by kind."),
    "soundings_jobs_waiting": Metric("gauge", "Jobs that wait or run, in whole tens."),
    "soundings_jobs_held": Metric("gauge", "Jobs that failed too often and are not tried again."),
    "soundings_texts_waiting": Metric("gauge", "Texts that wait to be coded, in whole tens."),
    "soundings_oldest_text_seconds": Metric(
        "gauge", "How long the oldest text has waited to be coded, in whole hours."
    ),
    "soundings_last_edition_timestamp_seconds": Metric("gauge", "When the last edition was made."),
    "soundings_last_backup_timestamp_seconds": Metric(
        "gauge", "When `backup` last succeeded for this data folder."
    ),
    "soundings_disk_free_bytes": Metric("gauge", "Room left on the disk of the data folder."),
    "soundings_database_bytes": Metric("gauge", "Size of the database."),
    "soundings_database_connections": Metric("gauge", "Connections to the database."),
    "soundings_measured_timestamp_seconds": Metric(
        "gauge", "When a worker last read these figures from the database."
    ),
}


class RequestSums(msgspec.Struct):
    """Requests of this process that are not in the database yet; `slow` took over a second."""

    requests: int = 0
    failed: int = 0
    slow: int = 0

    def add(self, status: int, seconds: float) -> None:
        self.requests += 1
        self.failed += status >= 500
        self.slow += seconds > 1.0

    def take(self) -> "RequestSums":
        """The sums so far; they start again from 0."""
        taken = RequestSums(self.requests, self.failed, self.slow)
        self.requests = self.failed = self.slow = 0
        return taken

    def put_back(self, taken: "RequestSums") -> None:
        self.requests += taken.requests
        self.failed += taken.failed
        self.slow += taken.slow


class NumberTable:
    """Numbers by name. A name that is too long, or new when the memory is full, is not counted."""

    def __init__(self, descriptor: int = -1) -> None:
        self.memory = mmap.mmap(descriptor, SIZE)
        # Aligned and written in one step, so that a reader never sees half a number.
        self.values = memoryview(self.memory).cast("d")
        self.lock = threading.Lock()
        self.places = {name: place for place, name in self.names()}

    def names(self) -> list[tuple[int, str]]:
        """Each name that the memory holds, with the place of its value."""
        names = []
        for record in range(1, int(self.values[0]) + 1):
            start = record * RECORD_BYTES + 8
            (length,) = LENGTH.unpack_from(self.memory, start)
            name = self.memory[start + 2 : start + 2 + length].decode()
            names.append((record * RECORD_BYTES // 8, name))
        return names

    def place(self, name: str) -> int:
        """The place of a name's value; a new name gets the next one. 0 if there is no room."""
        if (known := self.places.get(name)) is not None:
            return known
        with self.lock:
            record, encoded = int(self.values[0]) + 1, name.encode()
            if record > RECORDS or len(encoded) > NAME_BYTES:
                return 0
            start = record * RECORD_BYTES
            LENGTH.pack_into(self.memory, start + 8, len(encoded))
            self.memory[start + 10 : start + 10 + len(encoded)] = encoded
            # The count last: a reader that sees it finds the whole record.
            self.values[0] = record
            self.places[name] = start // 8
        return start // 8

    def add(self, name: str, amount: float = 1.0) -> None:
        """Add an amount to a number; a new one begins at 0."""
        place = self.place(name)
        with self.lock:
            if place:
                self.values[place] += amount

    def set(self, name: str, value: float) -> None:
        if place := self.place(name):
            self.values[place] = value

    def read(self) -> dict[str, float]:
        """Every number by its name."""
        return {name: self.values[place] for place, name in self.names()}


def open_shared_memory(name: str) -> int:
    """A descriptor of memory without a file, which a process we start can share."""
    descriptor = os.memfd_create(f"soundings-{name}")
    os.truncate(descriptor, SIZE)
    return descriptor


table = NumberTable()
sums = RequestSums()
waiting: dict[tuple[str, str], list[Callable[[], None]]] = {}


def join_shared_table(process: str, copy: int = 0) -> None:
    """Count in the memory that `serve` gave to this process, if it did; `process` is its kind.

    Each copy of a process has memory of its own, as only one may write to it.
    """
    global table
    descriptors = [int(word) for word in os.environ.pop(DESCRIPTORS, "").split()]
    if descriptors:
        table = NumberTable(descriptors[copy])
        for descriptor in descriptors:
            os.close(descriptor)  # the memory stays
        # What an earlier process was doing when it died is not being done any more. What it had
        # measured stays: a disk with no room, for a moment, would be an alarm.
        for name in table.read():
            if METRICS[metric_name(name)].added:
                table.set(name, 0.0)
    count("soundings_process_starts_total", process=process)


@functools.lru_cache(maxsize=4_096)
def series_name(metric: str, labels: tuple[tuple[str, str], ...]) -> str:
    """A metric with its labels, as Prometheus writes it."""
    if not labels:
        return metric
    said = ",".join(f'{name}="{value.translate(ESCAPED)}"' for name, value in labels)
    return f"{metric}{{{said}}}"


def metric_name(series: str) -> str:
    """The metric that a series belongs to."""
    name = series.partition("{")[0]
    for ending in ("_bucket", "_sum", "_count"):
        if name.removesuffix(ending) in METRICS:
            return name.removesuffix(ending)
    return name


def count(metric: str, amount: float = 1.0, **labels: str) -> None:
    table.add(series_name(metric, tuple(labels.items())), amount)


def add_to_gauge(metric: str, amount: float) -> None:
    table.add(metric, amount)


def set_gauge(metric: str, value: float) -> None:
    table.set(metric, value)


def observe(metric: str, seconds: float, buckets: Iterable[float], **labels: str) -> None:
    """Add a duration to a histogram."""
    given = tuple(labels.items())
    upper = next((f"{edge:g}" for edge in buckets if seconds <= edge), "+Inf")
    table.add(series_name(f"{metric}_bucket", (*given, ("le", upper))))
    table.add(series_name(f"{metric}_sum", given), seconds)


def count_request(method: str, route: str, status: int, seconds: float) -> None:
    """Count a request that ended; `route` is "" if there is none, `status` 0 without a response."""
    if not route.startswith(("/static", "/health")):
        sums.add(status, seconds)
    show = functools.partial(show_request, method, route, status, seconds)
    if status >= 400 or not status or route.startswith(OPEN_ROUTES):
        show()
    else:
        show_ten_at_once((method, route), show)


def show_ten_at_once(what: tuple[str, str], show: Callable[[], None]) -> None:
    """Hold `show` back until ten calls for `what` have come, then make all ten together."""
    held = waiting.setdefault(what, [])
    held.append(show)
    if len(held) >= SHOWN_AT_ONCE:
        for call in held:
            call()
        held.clear()


def show_request(method: str, route: str, status: int, seconds: float) -> None:
    where = route or "none"
    shown = str(status) if status else "gone"
    count("soundings_http_requests_total", method=method, route=where, status=shown)
    if status:
        observe("soundings_http_request_seconds", seconds, BUCKETS, route=where)


def count_job(
    kind: str, outcome: Literal["done", "failed"], seconds: float, *, by_calendar: bool
) -> None:
    """Count a job that ran. Jobs outside the calendar are shown ten at a time, because an answer
    may have led to them.
    """
    show = functools.partial(show_job, kind, outcome, seconds)
    if by_calendar or outcome == "failed":
        show()
    else:
        show_ten_at_once(("job", kind), show)


def show_job(kind: str, outcome: str, seconds: float) -> None:
    count("soundings_jobs_total", kind=kind, outcome=outcome)
    observe("soundings_job_seconds", seconds, JOB_BUCKETS, kind=kind)


def render_metrics(tables: Iterable[Mapping[str, float]]) -> bytes:
    """Every metric of these processes, together, with its meaning and its type."""
    series = sum_of_processes(tables)
    by_metric: defaultdict[str, list[str]] = defaultdict(list)
    for name in sorted(series):
        by_metric[metric_name(name)].append(name)
    lines: list[str] = []
    for metric, names in by_metric.items():
        known = METRICS[metric]
        lines += [f"# HELP {metric} {known.meaning}", f"# TYPE {metric} {known.kind}"]
        if known.kind == "histogram":
            lines += histogram_lines(metric, names, series)
        else:
            lines += [f"{name} {number(series[name])}" for name in names]
    return "".join(f"{line}\n" for line in lines).encode()


def sum_of_processes(tables: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """The numbers of several processes as those of one service."""
    totals: dict[str, float] = {}
    for table in tables:
        for name, value in table.items():
            metric = METRICS[metric_name(name)]
            if name not in totals:
                totals[name] = value
            elif metric.kind == "gauge" and not metric.added:
                totals[name] = max(totals[name], value)
            else:
                totals[name] += value
    return totals


def histogram_lines(
    metric: str, names: Iterable[str], series: Mapping[str, float]
) -> Iterator[str]:
    """The lines of a histogram: the buckets of each set of labels, each with all smaller values."""
    buckets: defaultdict[str, dict[float, float]] = defaultdict(dict)
    sums: dict[str, float] = {}
    for name in names:
        if name.startswith(f"{metric}_bucket"):
            labels, _, upper = name.partition("{")[2].removesuffix('"}').rpartition('le="')
            buckets[labels.removesuffix(",")][float(upper)] = series[name]
        else:
            sums[name.removeprefix(f"{metric}_sum").strip("{}")] = series[name]
    for labels, counts in buckets.items():
        so_far, comma = 0.0, "," if labels else ""
        for edge, added in sorted((counts | {float("inf"): counts.get(float("inf"), 0.0)}).items()):
            so_far += added
            shown = "+Inf" if edge == float("inf") else f"{edge:g}"
            yield f'{metric}_bucket{{{labels}{comma}le="{shown}"}} {number(so_far)}'
        within = f"{{{labels}}}" if labels else ""
        yield f"{metric}_sum{within} {number(sums.get(labels, 0.0))}"
        yield f"{metric}_count{within} {number(so_far)}"


def number(value: float) -> str:
    return f"{value:.0f}" if value == int(value) else repr(round(value, 6))


class MetricsResponse(NamedTuple):
    status: str
    headers: tuple[str, ...] = ()
    body: bytes = b""


NOT_FOUND = MetricsResponse("404 Not Found", body=b"There is only /metrics here.\n")
TOKEN_NEEDED = MetricsResponse("401 Unauthorized", ("WWW-Authenticate: Bearer",))


@asynccontextmanager
async def open_endpoint(
    listener: socket.socket | None, token: str, tables: Sequence[NumberTable]
) -> AsyncIterator[None]:
    """Answer on this socket while the block runs; without one, do nothing."""
    if listener is None:
        yield
        return

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(response_bytes(head, respond(head, token, tables)))
                await writer.drain()
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, sock=listener, limit=LONGEST_HEAD)
    async with server:
        yield


def respond(head: bytes, token: str, tables: Sequence[NumberTable]) -> MetricsResponse:
    """The response to the head of a request."""
    first, *lines = head.decode("latin-1").split("\r\n")
    method, _, rest = first.partition(" ")
    if method not in ("GET", "HEAD") or rest.partition(" ")[0] != "/metrics":
        return NOT_FOUND
    if token and not hmac.compare_digest(token.encode(), bearer_token(lines).encode()):
        return TOKEN_NEEDED
    shown = render_metrics(table.read() for table in tables)
    return MetricsResponse("200 OK", (f"Content-Type: {CONTENT_TYPE}",), shown)


def bearer_token(lines: Sequence[str]) -> str:
    """The token that the headers of a request carry, or ""."""
    for line in lines:
        name, _, value = line.partition(":")
        scheme, _, token = value.strip().partition(" ")
        if name.lower() == "authorization" and scheme.lower() == "bearer":
            return token.strip()
    return ""


def response_bytes(head: bytes, response: MetricsResponse) -> bytes:
    headers = [
        f"HTTP/1.1 {response.status}",
        *response.headers,
        f"Content-Length: {len(response.body)}",
        "Cache-Control: no-store",
        "Connection: close",
    ]
    body = b"" if head.startswith(b"HEAD ") else response.body
    return "\r\n".join(headers).encode() + b"\r\n\r\n" + body
