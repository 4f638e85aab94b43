"""A line to PostgreSQL that can be cut: between a program and the server of the tests."""

import asyncio
import contextlib
from urllib.parse import parse_qs, urlsplit


class Line:
    """Passes on what both sides send, unless it is cut; `dsn` leads through it.

    With `answers_lost_after` set, a statement with these words reaches the server, and the line is
    cut when its answer comes.
    """

    def __init__(self, socket):
        self.socket, self.dsn = socket, ""
        self.open, self.writers = True, set()
        self.answers_lost_after = b""

    def cut(self):
        self.open = False
        for writer in self.writers:
            writer.transport.abort()
        self.writers.clear()

    def mend(self):
        self.open = True

    async def pass_on(self, reader, writer):
        if not self.open:
            writer.transport.abort()
            return
        server_reader, server = await asyncio.open_unix_connection(self.socket)
        self.writers |= {writer, server}
        waits = asyncio.Event()
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self.send(reader, server, waits))
                both.create_task(self.answer(server_reader, writer, waits))
        finally:
            server.transport.abort()
            writer.transport.abort()

    async def send(self, reader, server, waits):
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                if self.answers_lost_after and self.answers_lost_after in data:
                    waits.set()
                server.write(data)
        server.close()

    async def answer(self, server_reader, writer, waits):
        with contextlib.suppress(OSError):
            while data := await server_reader.read(65_536):
                if waits.is_set():
                    self.cut()
                    return
                writer.write(data)
        writer.close()


@contextlib.asynccontextmanager
async def open_line(dsn):
    """A line to the database at this address, which is that of a socket in a folder."""
    parts = urlsplit(dsn)
    given = {name: values[0] for name, values in parse_qs(parts.query).items()}
    line = Line(f"{given['host']}/.s.PGSQL.{given['port']}")
    server = await asyncio.start_server(line.pass_on, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    line.dsn = f"postgresql://{given['user']}@127.0.0.1:{port}{parts.path}"
    try:
        yield line
    finally:
        line.cut()
        server.close()
        await server.wait_closed()
