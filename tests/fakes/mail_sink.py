"""A mail server on loopback that saves what it receives, and refuses or hangs up on request."""

import asyncio
import contextlib
import email
from email import policy


class MailSink:
    """What arrived. `answers` are the replies to RCPT by address, `after_data` that to DATA."""

    def __init__(self):
        self.messages = []
        self.raw = []
        self.answers = {}
        self.after_data = b"250 kept"

    async def serve(self, reader, writer):
        async def say(line):
            writer.write(line + b"\r\n")
            await writer.drain()

        await say(b"220 sink")
        while line := (await reader.readline()).strip():
            verb = line.split(b" ")[0].upper()
            if verb == b"RCPT":
                to = line.split(b"<")[1].split(b">")[0].decode()
                await say(self.answers.get(to, b"250 yes"))
            elif verb == b"DATA":
                await say(b"354 go on")
                body = await reader.readuntil(b"\r\n.\r\n")
                self.raw.append(body)
                self.messages.append(email.message_from_bytes(body[:-3], policy=policy.default))
                if self.after_data is None:
                    break
                await say(self.after_data)
            else:
                await say(b"221 bye" if verb == b"QUIT" else b"250 sink")
        writer.close()


@contextlib.asynccontextmanager
async def start_mail_sink():
    """Start a mail server; gives it and its port."""
    sink = MailSink()
    server = await asyncio.start_server(sink.serve, "127.0.0.1", 0)
    try:
        yield sink, server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()
