"""A small server on loopback that speaks OpenAI's chat completions, for tests of what we send.

Its requests and answers have the shape of the published reference (`POST /v1/chat/completions`,
`GET /v1/models`), and it refuses a request that a real server would refuse.
"""

import asyncio
import contextlib
import json

ROLES = {"system", "user", "assistant"}


class FakeLanguageModel:
    """Answers with `says` (text, or a function of the request); `may_answer` delays it."""

    def __init__(self):
        self.requests = []
        self.headers = []
        self.says = "{}"
        self.finish = "stop"
        self.raw = None  # bytes sent as they are, in place of an answer
        self.status = 200
        self.knows_forms = True
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def serve(self, reader, writer):
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            named = dict(line.lower().split(": ", 1) for line in head[1:] if ": " in line)
            body = await reader.readexactly(int(named.get("content-length", 0)))
            self.headers.append(named)
            method, path, _ = head[0].split(" ")
            await self.may_answer.wait()
            writer.write(self.raw or self.answer(method, path, body))
            await writer.drain()
        writer.close()

    def answer(self, method, path, body):
        if (method, path) == ("GET", "/v1/models"):
            model = {"id": "small", "object": "model", "created": 0, "owned_by": "us"}
            return response(self.status, {"object": "list", "data": [model]})
        if (method, path) != ("POST", "/v1/chat/completions"):
            return response(404, error("no such path"))
        asked = json.loads(body)
        self.requests.append(asked)
        if fault := fault_of(asked):
            return response(400, error(fault))
        if "response_format" in asked and not self.knows_forms:
            return response(400, error("response_format is not supported"))
        if self.status != 200:
            return response(self.status, error("busy"))
        said = self.says(asked) if callable(self.says) else self.says
        message = {"role": "assistant", "content": said, "refusal": None}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": self.finish}
        usage = {"prompt_tokens": 9, "completion_tokens": 9, "total_tokens": 18}
        return response(
            200,
            {"id": "chatcmpl-1", "object": "chat.completion", "created": 0, "model": "small",
             "choices": [choice], "usage": usage},
        )  # fmt: skip


def fault_of(asked):
    """What a real server would refuse in this request, or ''."""
    if not isinstance(asked.get("model"), str):
        return "model is required"
    messages = asked.get("messages")
    if not messages or not all(
        one.keys() == {"role", "content"} and one["role"] in ROLES for one in messages
    ):
        return "messages are wrong"
    if not 0 <= asked.get("temperature", 1) <= 2 or asked.get("max_tokens", 1) < 1:
        return "a number is out of range"
    form = asked.get("response_format")
    if form and not (
        form["type"] == "json_schema" and {"name", "schema"} <= form["json_schema"].keys()
    ):
        return "response_format is wrong"
    return ""


def error(message):
    return {"error": {"message": message, "type": "invalid_request_error", "param": None}}


def response(status, content):
    body = json.dumps(content).encode()
    head = f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\n"
    return f"{head}content-length: {len(body)}\r\nconnection: close\r\n\r\n".encode() + body


@contextlib.asynccontextmanager
async def start_fake_language_model():
    """Start one; gives it and the address to set."""
    fake = FakeLanguageModel()
    server = await asyncio.start_server(fake.serve, "127.0.0.1", 0)
    try:
        yield fake, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    finally:
        fake.may_answer.set()
        server.close()
        await server.wait_closed()
