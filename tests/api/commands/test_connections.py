"""Slow and endless requests over real sockets, with very short deadlines."""

import asyncio
import contextlib

import pytest
import uvicorn

from api.commands.serving import pages, ports
from api.commands.serving.pages import MOST_JOINED, JoinedWrites, PatientProtocol
from tests import alone
from tests.waiting import until

DEADLINE = 30
QUESTION = b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
HUGE = b"y" * 20_000_000


class ImpatientProtocol(PatientProtocol):
    head_seconds = 0.2
    grace_seconds = 0.2
    check_seconds = 0.05
    most_connections = 5
    lost = asyncio.Event()

    def connection_lost(self, exc):
        super().connection_lost(exc)
        self.lost.set()


async def echo(scope, receive, send):
    length, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        length += len(message["body"])
        more = message["more_body"]
    body = HUGE if scope["path"] == "/huge" else str(length).encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@contextlib.asynccontextmanager
async def running_server(protocol, app=echo):
    config = uvicorn.Config(
        app, port=0, http=protocol, lifespan="off", log_level="error", timeout_keep_alive=60
    )
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = server.force_exit = True
        await server.shutdown()


@pytest.fixture
async def port():
    async with running_server(ImpatientProtocol) as number:
        yield number


@contextlib.asynccontextmanager
async def connection_to(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def read_until_closed(reader):
    try:
        async with asyncio.timeout(DEADLINE):
            return await reader.read()
    except ConnectionError:
        return b""


async def send_raw(port, request=b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"):
    async with connection_to(port) as (reader, writer):
        writer.write(request)
        return await read_until_closed(reader)


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: x\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHos",
    ],
)
async def test_half_a_request_has_an_end(port, sent):
    async with connection_to(port) as (reader, writer):
        writer.write(sent)
        answer = await read_until_closed(reader)
    assert answer.startswith((b"HTTP/1.1 408", b"HTTP/1.1 200")) or answer == b""


async def test_a_head_that_drips_has_an_end(port):
    async with connection_to(port) as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\n")
        closed = asyncio.create_task(read_until_closed(reader))
        while not closed.done():
            writer.write(b"x: y\r\n")
            await asyncio.wait([closed], timeout=0.02)
        assert b" 408 " in closed.result() or closed.result() == b""


async def test_an_answer_that_nobody_reads_has_an_end(port):
    ImpatientProtocol.lost = asyncio.Event()
    async with connection_to(port) as (_, writer):
        writer.transport.pause_reading()
        writer.write(b"GET /huge HTTP/1.1\r\nHost: x\r\n\r\n")
        async with asyncio.timeout(DEADLINE):
            await ImpatientProtocol.lost.wait()


async def test_a_head_without_end_is_refused(port):
    for head in (
        b"GET / HTTP/1.1\r\nHost: x\r\nx: " + b"y" * 200_000,
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"x: y\r\n" * 20_000,
        b"GET /" + b"y" * 200_000,
    ):
        answer = await send_raw(port, head)
        assert b" 431 " in answer or answer == b""  # closed before all of it was sent
    whole = b"GET / HTTP/1.1\r\nHost: x\r\nx: " + b"y" * 40_000 + b"\r\n\r\n"
    assert b" 431 " in await send_raw(port, whole)


async def test_many_requests_at_once_on_one_connection_are_bounded(port):
    found = await send_raw(port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 1_000)
    assert found.count(b"200 OK") <= ImpatientProtocol.most_pipelined + 1


async def test_others_are_served_beside_more_idle_connections_than_there_is_room_for():
    class Roomy(ImpatientProtocol):
        head_seconds = DEADLINE

    async with running_server(Roomy) as port, contextlib.AsyncExitStack() as stack:
        idle = [await stack.enter_async_context(connection_to(port)) for _ in range(20)]
        assert b" 200 " in await send_raw(port)
        assert b" 503 " in await read_until_closed(idle[0][0])


HOLDING = {
    "half-open": b"",
    "slow head": b"GET / HTTP/1.1\r\nHost: x\r\n",
    "slow body": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n{",
    "slow chunks": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf",
    "slow reader": b"GET /huge HTTP/1.1\r\nHost: x\r\n\r\n",
}


class PatientButSmall(PatientProtocol):
    """Has room for five, and ends nobody for being slow."""

    head_seconds = grace_seconds = DEADLINE
    check_seconds = 0.02
    most_connections = 5


def states(server_connections):
    return [
        (one.body_since is not None, one.unread_since is not None) for one in server_connections
    ]


def remembering(protocol):
    """A protocol like this one, and the connections that it was made for, in their order."""
    known = []

    class Known(protocol):
        def connection_made(self, transport):
            super().connection_made(transport)
            known.append(self)

    return Known, known


def furthest_behind(known):
    """By how many seconds the slowest client that is still connected is behind."""
    now = asyncio.get_running_loop().time()
    return max(one.seconds_behind(now) for one in known if one in one.connections)


async def hold(port, kind, stack):
    """Open a connection as such a client does; returns its reader."""
    reader, writer = await stack.enter_async_context(connection_to(port))
    if kind == "slow reader":
        writer.transport.pause_reading()
    writer.write(HOLDING[kind])
    return reader


@pytest.mark.parametrize("kind", HOLDING)
async def test_new_visitors_are_served_beside_clients_that_hold_every_connection(kind):
    small, known = remembering(PatientButSmall)
    wanted = (kind.startswith(("slow body", "slow chunks")), kind == "slow reader")
    async with running_server(small) as port, contextlib.AsyncExitStack() as stack:
        held = [await hold(port, kind, stack) for _ in range(5)]
        await until(lambda: states(known) == [wanted] * 5)
        for _ in range(8):
            # Of several that have all just come, the newest is refused.
            await until(lambda: furthest_behind(known) > 0.01)
            assert b" 200 " in await send_raw(port)
            # Another one takes the place that the visitor leaves.
            await hold(port, kind, stack)
        if kind != "slow reader":
            ended = await read_until_closed(held[0])
            assert ended == b"" or ended.startswith(b"HTTP/1.1 503")


async def test_of_several_bodies_the_slowest_is_closed():
    """Each has begun later than the one before; the first two have sent more than is asked."""
    body = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n"
    small, known = remembering(PatientButSmall)
    async with running_server(small) as port, contextlib.AsyncExitStack() as stack:
        streams = []
        for number in range(5):
            reader, writer = await stack.enter_async_context(connection_to(port))
            writer.write(body + (b"x" * 50_000 if number < 2 else b"x"))
            streams.append((reader, writer))
        sizes = [50_000, 50_000, 1, 1, 1]
        await until(lambda: [one.body_bytes for one in known] == sizes)
        await until(lambda: furthest_behind(known) > 0.01)
        assert b" 200 " in await send_raw(port)
        assert b" 503 " in await read_until_closed(streams[2][0])
        for reader, writer in streams[:2]:
            writer.write(b"x" * 10_000)
            async with asyncio.timeout(DEADLINE):
                assert (await reader.readuntil(b"60000")).startswith(b"HTTP/1.1 200")


async def test_whole_requests_are_served_as_before(port):
    body = b"z" * 300_000
    head = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 300000\r\n\r\n"
    assert (await send_raw(port, head + body)).endswith(b"300000")
    whole = await send_raw(port, b"GET /huge HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert whole.endswith(HUGE)
    two = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 2
    assert (await send_raw(port, two)).count(b"200 OK") == 2


async def test_an_application_that_leaves_answers_all_but_the_question_of_the_balancer(monkeypatch):
    """The balancer then sends its forms to another, and no connection waits at the end."""
    monkeypatch.setenv(ports.BALANCED, "true")
    monkeypatch.setattr(pages, "GOODBYE_SECONDS", DEADLINE)
    monkeypatch.setattr(PatientProtocol, "is_leaving", False)
    server = pages.PatientServer(uvicorn.Config(echo, http=PatientProtocol, lifespan="off"))
    with ports.open_listening_sockets("127.0.0.1", alone.free_port()) as [listener]:
        port = listener.getsockname()[1]
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        assert b"200 OK" in await send_raw(port, QUESTION)
        server.should_exit = True
        await until(lambda: PatientProtocol.is_leaving)
        assert await send_raw(port, QUESTION) == b""
        assert b"200 OK" in await send_raw(port)
        serving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await serving
        await uvicorn.Server.shutdown(server)


FEW_DESCRIPTORS = """
import asyncio, logging, resource, sys
from api.commands.serving import pages, ports
from tests.api.commands.test_connections import running_server

async def main():
    asyncio.get_running_loop().set_exception_handler(ports.AcceptFailures())
    async with running_server(pages.PatientProtocol) as port:
        print(port, flush=True)
        await asyncio.to_thread(sys.stdin.readline)

resource.setrlimit(resource.RLIMIT_NOFILE, (96, 96))
logging.basicConfig(level=logging.WARNING)
if sys.argv[1] == "bounded":
    pages.raise_open_file_limit()
asyncio.run(main())
"""


@pytest.mark.slow
@pytest.mark.parametrize("way", ["bounded", "unbounded"])
async def test_with_few_descriptors_visitors_are_served_and_the_log_stays_short(way):
    """Next to 150 idle connections; `unbounded` is how others may use them up."""
    with alone.run_scripts() as begin:
        process = begin(FEW_DESCRIPTORS, way)
        port = int(await asyncio.to_thread(process.stdout.readline))
        async with contextlib.AsyncExitStack() as stack:
            for _ in range(150):
                await stack.enter_async_context(connection_to(port))
            if way == "bounded":
                assert b" 200 " in await send_raw(port)
        if way == "unbounded":
            assert b" 200 " in await send_raw(port)  # once the others have gone
        _, told = await asyncio.to_thread(process.communicate, "end\n")
    assert told.count("no file descriptor is left") == len(told.splitlines()) <= 1, told


class RecordedTransport:
    """Notes what each call of the system would send."""

    def __init__(self):
        self.sent = []
        self.closed = False

    def write(self, data):
        self.sent.append(data)

    def close(self):
        self.closed = True


async def test_head_and_body_are_sent_together():
    transport = RecordedTransport()
    joined = JoinedWrites(transport, asyncio.get_running_loop())
    for part in (b"head", b"body", b"next head", b"next body"):
        joined.write(part)
    assert transport.sent == [b"headbody", b"next headnext body"]


async def test_a_head_does_not_wait_for_a_body_that_comes_later():
    transport = RecordedTransport()
    joined = JoinedWrites(transport, asyncio.get_running_loop())
    joined.write(b"head")
    joined.write(b"")  # a body of nothing sends what is held
    joined.write(b"head")
    await asyncio.sleep(0)
    joined.write(b"body")
    assert transport.sent == [b"head", b"head"]
    joined.close()
    assert (transport.sent, transport.closed) == ([b"head", b"head", b"body"], True)


async def test_what_is_large_is_neither_held_nor_copied():
    transport = RecordedTransport()
    joined = JoinedWrites(transport, asyncio.get_running_loop())
    large = b"x" * (MOST_JOINED + 1)
    joined.write(large)
    joined.write(b"head")
    joined.write(large)
    assert transport.sent == [large, b"head", large]
    assert transport.sent[-1] is large


@contextlib.asynccontextmanager
async def served(app):
    async with running_server(ImpatientProtocol, app) as port, connection_to(port) as streams:
        yield streams


async def test_the_head_of_a_stream_comes_before_its_body():
    may_go_on = asyncio.Event()

    async def slow(_scope, _receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await may_go_on.wait()
        for part in (b"one", b"two"):
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body"})

    async with served(slow) as (reader, writer), asyncio.timeout(DEADLINE):
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
        may_go_on.set()
        assert await reader.readuntil(b"0\r\n\r\n") == b"3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"


@pytest.mark.parametrize(("method", "status"), [(b"HEAD", 200), (b"GET", 204), (b"GET", 304)])
async def test_a_response_without_a_body_leaves_the_connection_in_order(method, status):
    async def bodiless(_scope, _receive, send):
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body"})

    async with served(bodiless) as (reader, writer), asyncio.timeout(DEADLINE):
        for _ in range(2):
            writer.write(method + b" / HTTP/1.1\r\nHost: x\r\n\r\n")
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 %d" % status)
