"""Clients that vanish in the middle of what they send or are sent, without a word (RST)."""

import asyncio
import contextlib
import json
import pathlib
import socket
import struct

from tests.campaigns.crowd import SENDS

AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER: closing sends RST, and nothing more
ANSWERS = {"subject": "taser", "story": "They went on and never looked back."}
WORDS = json.dumps({"borough": "Brent", "answers": ANSWERS}).encode()
HEAD = (
    f"POST {SENDS} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    f"Content-Length: {len(WORDS)}\r\n\r\n"
).encode()
PAGE = b"GET /surveys/feedback HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
STYLES = b"GET /static/app.css HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
# What is sent before the client is gone: a head, half a body, an answer, a page, many files.
WAYS = (HEAD[:30], HEAD + WORDS[:20], HEAD + WORDS, PAGE, STYLES * 10)
BUSY_CONNECTIONS = """
    SELECT count(*) FROM pg_stat_activity
     WHERE datname = current_database() AND backend_type = 'client backend' AND state <> 'idle'
       AND pid <> pg_backend_pid()
"""


async def vanish(port, sent):
    """Send this and vanish, without reading what comes back."""
    with contextlib.suppress(OSError):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        await asyncio.sleep(0)
        own = writer.get_extra_info("socket")
        own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        writer.transport.abort()


def memory_bytes(pid):
    """The memory of a process, with its part of what it shares (PSS)."""
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return 1024 * next(int(line.split()[1]) for line in text.splitlines() if line[:4] == "Pss:")
