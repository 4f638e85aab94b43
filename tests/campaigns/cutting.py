"""A proxy that passes on a request, waits for the response, and hangs up without returning it."""

import asyncio
import contextlib


class CuttingProxy:
    """Drops responses at random: the server has committed, but its client never hears of it."""

    def __init__(self, port, chance, share=0.5):
        self.port, self.chance, self.share, self.cut = port, chance, share, 0

    async def pass_on(self, reader, writer):
        """Pass on one request for each connection: a client that was cut off opens a new one."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            upstream_reader, upstream = await asyncio.open_connection("127.0.0.1", self.port)
            with contextlib.closing(upstream):
                upstream.write(await read_request(reader))
                answer = await upstream_reader.read()
                if answer and self.chance.random() < self.share:
                    self.cut += 1
                    # Some hear nothing at all, some the beginning.
                    answer = answer[: self.chance.choice([0, 12, len(answer) - 1])]
                writer.write(answer)
                await writer.drain()
        writer.close()


async def read_request(reader):
    """Read head and body, and ask the server to close the connection after its response."""
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    length = next((int(x.split(b":")[1]) for x in lines if x.lower().startswith(b"content-le")), 0)
    headers = [line for line in lines[:-2] if not line.lower().startswith(b"connection:")]
    body = await reader.readexactly(length)
    return b"\r\n".join([*headers, b"Connection: close", b"", b""]) + body


@contextlib.asynccontextmanager
async def start_cutting_proxy(port, chance, share=0.5):
    """Start the proxy in front of this port; gives it and its address."""
    proxy = CuttingProxy(port, chance, share)
    server = await asyncio.start_server(proxy.pass_on, "127.0.0.1", 0)
    try:
        yield proxy, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await server.wait_closed()
