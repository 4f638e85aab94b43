"""A proxy that passes a request on, waits for the answer, and hangs up instead of handing it on."""

import asyncio
import contextlib


class Cutting:
    """Cuts by chance what was answered: the server has committed, and its client never hears."""

    def __init__(self, port, chance, share=0.5):
        self.port, self.chance, self.share, self.cut = port, chance, share, 0

    async def pass_on(self, reader, writer):
        """One request a connection, since clients that were cut off come back on a new one."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            upstream_reader, upstream = await asyncio.open_connection("127.0.0.1", self.port)
            with contextlib.closing(upstream):
                upstream.write(await whole_request(reader))
                answer = await upstream_reader.read()
                if answer and self.chance.random() < self.share:
                    self.cut += 1
                    # Some hear nothing at all, some the beginning.
                    answer = answer[: self.chance.choice([0, 12, len(answer) - 1])]
                writer.write(answer)
                await writer.drain()
        writer.close()


async def whole_request(reader):
    """Head and body, asking the server to end the connection after its answer."""
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    length = next((int(x.split(b":")[1]) for x in lines if x.lower().startswith(b"content-le")), 0)
    kept = [line for line in lines[:-2] if not line.lower().startswith(b"connection:")]
    return b"\r\n".join([*kept, b"Connection: close", b"", b""]) + await reader.readexactly(length)


@contextlib.asynccontextmanager
async def cutting(port, chance, share=0.5):
    """The proxy before that port, and its own address."""
    proxy = Cutting(port, chance, share)
    server = await asyncio.start_server(proxy.pass_on, "127.0.0.1", 0)
    try:
        yield proxy, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await server.wait_closed()
