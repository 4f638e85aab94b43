"""A program on this machine that receives webhooks, and fails as such programs do."""

import asyncio
import contextlib


class Receiver:
    """What it received, as headers and body, and how it answers: a status, or never."""

    def __init__(self):
        self.received, self.statuses, self.paths, self.port = [], [], [], 0
        self.silent = asyncio.Event()

    @property
    def address(self):
        return f"http://127.0.0.1:{self.port}/hooks?from=soundings"

    async def answer(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        headers |= {
            name.lower(): value
            for name, _, value in (line.partition(": ") for line in head[1:] if line)
        }
        body = await reader.readexactly(int(headers["content-length"]))
        self.paths.append(head[0].split()[1])
        self.received.append((headers, body))
        status = self.statuses.pop(0) if self.statuses else 204
        if status == "never":
            await self.silent.wait()
        elif status == "long":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 900000000\r\n\r\n" + b"x" * 100_000)
        else:
            more = f"Location: http://127.0.0.1:{self.port}/elsewhere\r\n"
            writer.write(f"HTTP/1.1 {status} Said\r\n{more}Content-Length: 0\r\n\r\n".encode())
        with contextlib.suppress(ConnectionError):
            await writer.drain()
        writer.close()


@contextlib.asynccontextmanager
async def open_receiver():
    receiver = Receiver()
    server = await asyncio.start_server(receiver.answer, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        receiver.silent.set()
        server.close()
        await server.wait_closed()
