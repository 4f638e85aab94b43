"""The metrics of several processes as one page of text, in the format that Prometheus reads."""

import asyncio
import hmac
import socket
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple

from api.observing.metrics import METRICS, NumberTable, metric_name
from api.settings import Settings

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


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
    found: dict[str, float] = {}
    for table in tables:
        for name, value in table.items():
            metric = METRICS[metric_name(name)]
            if name not in found:
                found[name] = value
            elif metric.kind == "gauge" and not metric.added:
                found[name] = max(found[name], value)
            else:
                found[name] += value
    return found


def histogram_lines(
    metric: str, names: Iterable[str], series: Mapping[str, float]
) -> Iterator[str]:
    """The lines of a histogram: for each set of labels the buckets, each with all below it."""
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


PATIENCE = 5.0  # seconds for the whole exchange: who is slower is cut off
LONGEST_HEAD = 8_192
LOOPBACK = "127.0.0.1"


class MetricsResponse(NamedTuple):
    status: str
    headers: tuple[str, ...] = ()
    body: bytes = b""


NOT_FOUND = MetricsResponse("404 Not Found", body=b"There is only /metrics here.\n")
TOKEN_NEEDED = MetricsResponse("401 Unauthorized", ("WWW-Authenticate: Bearer",))


def metrics_host(settings: Settings) -> str:
    """Where the port listens: with a token where the pages do, else on this machine alone."""
    return settings.host if settings.metrics_token else LOOPBACK


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
