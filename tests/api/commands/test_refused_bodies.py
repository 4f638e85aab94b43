"""A request that is answered before it is all there: one answer, and nobody else's connection.

What is left of its body must not be taken for the next request: behind a balancer, the answer to
that would be another visitor's.
"""

import asyncio
import collections
import contextlib
import re
import ssl

import httpx
import pytest

from api.commands.serving.pages import PatientProtocol
from tests.api.commands.test_connections import (
    DEADLINE,
    connection_to,
    read_until_closed,
    running_server,
)
from tests.people import JOAN
from tests.servers import run_balancer

PLAIN = b"GET /health/live HTTP/1.1\r\nHost: test\r\n\r\n"
BODY = b"x" * 1_200_000  # more than most doors take, and than arrives at once
LENGTH = len(BODY)
TYPES = ["application/json", "text/plain", "application/x-www-form-urlencoded",
         "multipart/form-data; boundary=b", "application/octet-stream"]  # fmt: skip
PATH_PARAMETER = re.compile(r"\{\w+:(\w+)\}")
VALUES = {"int": "7", "uuid": "6f1f9b2e-8a1c-4a9e-9a67-0d3f4f1d2c11", "date": "2026-01-01"}


async def read_response(reader):
    """Status, headers and body of the next response."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    status, *lines = head.rstrip().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    body = b""
    if "content-length" in headers:
        body = await reader.readexactly(int(headers["content-length"]))
    elif "transfer-encoding" in headers:
        while size := int(await reader.readline(), 16):
            body += await reader.readexactly(size)
            await reader.readline()
        await reader.readline()
    return int(status.split()[1]), headers, body


def request_head(method, path, *, more=(), length=LENGTH):
    lines = [f"{method} {path} HTTP/1.1", "Host: test", f"Content-Length: {length}", *more]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


async def check_one_answer(port, head, body=BODY):
    """Send it on a kept connection, with another request behind it; returns the status.

    Either it was read to its end, and the other is answered too, or we say that we close and do.
    """
    async with asyncio.timeout(DEADLINE), connection_to(port) as (reader, writer):
        writer.write(PLAIN)
        assert (await read_response(reader))[0] == 200
        writer.write(head + body + PLAIN)
        status, headers, _ = await read_response(reader)
        rest = b""
        if headers.get("connection") == "close":
            rest = await reader.read()
        else:
            assert (await read_response(reader))[0] == 200
        assert rest == b"", (head, status, rest)
        return status


def written_routes(app):
    """Method and address of every route that something can be sent to."""
    found = []
    for route in app.routes:
        path = PATH_PARAMETER.sub(lambda one: VALUES.get(one[1], "nothing"), route.path)
        methods = getattr(route, "methods", ())
        found += [(method, path) for method in methods if method not in ("GET", "HEAD", "OPTIONS")]
    return sorted(found)


async def statuses_of(app, sent, headers=()):
    """How often each status was the answer to these requests."""
    found = {}
    async with running_server(PatientProtocol, app) as port:
        for number, (method, path) in enumerate(sent):
            more = [f"Content-Type: {TYPES[number % len(TYPES)]}", *headers]
            status = await check_one_answer(port, request_head(method, path, more=more))
            found[status] = found.get(status, 0) + 1
    return found


async def test_each_door_answers_a_large_body_once(app):
    found = await statuses_of(app, written_routes(app))
    assert sum(found.values()) > 100
    assert {400, 403, 404, 413} <= set(found), found


async def test_an_address_that_takes_nothing_answers_a_large_body_once(app):
    elsewhere = ["/nope", "/surveys", "/static/app.css", "/api/v1/nope"]
    sent = [(method, one) for method in ("POST", "PUT", "DELETE", "TRACE") for one in elsewhere]
    assert set(await statuses_of(app, sent)) <= {200, 404, 405}


@pytest.mark.slow
async def test_each_door_answers_each_type_of_body_once(city, app, signed_in):
    """Those of nobody and of an administrator, whose form has no token."""
    joan = await signed_in(JOAN)
    session = "; ".join(f"{name}={value}" for name, value in joan.cookies.items())
    sent = [one for one in written_routes(app) if one[1] != "/sign-out" for _ in TYPES]
    sent.append(
        ("POST", "/nope")
    )  # each door gets every type, since their number is not a multiple
    for headers in ([], [f"Cookie: {session}"]):
        assert len(await statuses_of(app, sent, headers)) > 3


async def refuse_at_once(scope, _receive, send):
    status = 200 if scope["method"] == "GET" else 404
    headers = [(b"content-length", b"2")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"no"})


@contextlib.asynccontextmanager
async def refusing_server():
    """A connection to a server that refuses whatever is sent, before it has read it."""
    async with (
        asyncio.timeout(DEADLINE),
        running_server(PatientProtocol, refuse_at_once) as port,
        connection_to(port) as streams,
    ):
        yield streams


def chunked(head):
    return re.sub(rb"Content-Length: \d+", b"Transfer-Encoding: chunked", head)


@pytest.mark.parametrize("way", ["sized", "chunked", "expected"])
async def test_what_is_left_of_a_refused_body_is_read_and_answered_by_nothing(way):
    """The rest comes only when the answer is there, as over a slow line."""
    head = request_head("POST", "/", more=["Expect: 100-continue"] if way == "expected" else [])
    rest = BODY
    if way == "chunked":
        head, rest = chunked(head), b"%x\r\n%b\r\n0\r\n\r\n" % (LENGTH, BODY)
    async with refusing_server() as (reader, writer):
        writer.write(head)
        status, headers, body = await read_response(reader)
        assert (status, headers["connection"], body) == (404, "close", b"no")
        writer.write(rest + PLAIN)
        assert await read_until_closed(reader) == b""


@pytest.mark.parametrize("garbage", [b"zz\r\nnot a chunk", b"\0\0\0"])
async def test_garbage_behind_an_answer_is_answered_by_nothing(garbage):
    async with refusing_server() as (reader, writer):
        writer.write(chunked(request_head("POST", "/")))
        assert (await read_response(reader))[0] == 404
        writer.write(garbage)
        assert await read_until_closed(reader) == b""


async def test_a_body_that_is_all_there_keeps_the_connection():
    async with refusing_server() as (reader, writer):
        for _ in range(3):
            writer.write(request_head("POST", "/", length=2) + b"hi")
            status, headers, _ = await read_response(reader)
            assert (status, headers.get("connection")) == (404, None)


class OneConnection(PatientProtocol):
    most_connections = 1


async def test_an_idle_connection_is_closed_without_an_answer_that_nobody_asked_for():
    """Behind a balancer it would be the answer to the next visitor's request."""
    async with (
        asyncio.timeout(DEADLINE),
        running_server(OneConnection, refuse_at_once) as port,
        connection_to(port) as (reader, writer),
    ):
        writer.write(PLAIN)
        await read_response(reader)
        async with connection_to(port) as (second, asking):
            asking.write(PLAIN)
            assert (await read_response(second))[0] == 200
        assert await reader.read() == b""


@pytest.mark.slow
async def test_other_visitors_behind_the_balancer_get_their_own_answers(tmp_path):
    """While two send large bodies to an address that takes none, which is answered at once."""
    refused, done = collections.Counter(), asyncio.Event()

    async def send_large(outside):
        while not done.is_set():
            with contextlib.suppress(httpx.HTTPError):
                refused[(await outside.post("/nope", content=BODY)).status_code] += 1

    async def visit(outside):
        for _ in range(300):
            assert (await outside.get("/")).status_code == 200

    async with running_server(PatientProtocol, refuse_at_once) as port:
        with run_balancer(tmp_path, [f"http://127.0.0.1:{port}"], tmp_path) as balancer:
            trust = ssl.create_default_context(cafile=balancer.authority)
            async with httpx.AsyncClient(
                verify=trust, base_url=balancer.address, timeout=DEADLINE
            ) as outside:
                sending = [asyncio.create_task(send_large(outside)) for _ in range(2)]
                await asyncio.gather(visit(outside), visit(outside))
                done.set()
                await asyncio.gather(*sending)
    assert refused[404], refused
    assert "Unsolicited" not in (tmp_path / "balancer.log").read_text()
