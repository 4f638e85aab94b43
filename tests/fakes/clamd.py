"""A fake virus scanner on loopback with clamd's protocol, and the real one where installed."""

import asyncio
import contextlib
import shutil
import struct

from tests.waiting import until

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
# The test string anywhere in a file of any kind; the name is ours.
SIGNATURE = f"Soundings.Test:0:*:{EICAR.hex()}\n"


class FakeClamd:
    """Answers as clamd does; `says` replaces its answers, `may_answer` delays them."""

    def __init__(self):
        self.bodies = []
        self.says = None
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.most = 100_000_000

    async def serve(self, reader, writer):
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            assert await reader.readuntil(b"\0") == b"zINSTREAM\0"
            await self.may_answer.wait()
            writer.write((await self.answer(reader)) + b"\0")
            await writer.drain()
        writer.close()

    async def answer(self, reader):
        body = b""
        while size := struct.unpack(">I", await reader.readexactly(4))[0]:
            body += await reader.readexactly(size)
            if len(body) > self.most:
                return b"INSTREAM size limit exceeded. ERROR"
        self.bodies.append(body)
        if self.says is not None:
            return self.says
        return b"stream: Win.Test.EICAR_HDB-1 FOUND" if EICAR in body else b"stream: OK"


@contextlib.asynccontextmanager
async def start_fake_clamd(port=0):
    """Start a fake clamd; gives the fake and its address."""
    fake = FakeClamd()
    server = await asyncio.start_server(fake.serve, "127.0.0.1", port)
    try:
        yield fake, f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await server.wait_closed()


CONFIGURATION = """\
LocalSocket {folder}/clamd.ctl
DatabaseDirectory {folder}
TemporaryDirectory {folder}
Foreground yes
StreamMaxLength 1M
OfficialDatabaseOnly no
"""


@contextlib.asynccontextmanager
async def start_real_clamd(folder):
    """Run the real clamd with one signature of ours, on a socket in this folder; no network."""
    (folder / "ours.ndb").write_text(SIGNATURE)
    (folder / "clamd.conf").write_text(CONFIGURATION.format(folder=folder))
    daemon = await asyncio.create_subprocess_exec(
        shutil.which("clamd") or "/usr/sbin/clamd", "-c", str(folder / "clamd.conf"),
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:

        async def listens():
            assert daemon.returncode is None, "clamd ended at once"
            return (folder / "clamd.ctl").exists()

        await until(listens)
        yield str(folder / "clamd.ctl")
    finally:
        with contextlib.suppress(ProcessLookupError):
            daemon.terminate()
        await daemon.wait()
