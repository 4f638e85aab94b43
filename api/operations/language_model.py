"""The language model on the operator's own machine, if there is one: it drafts, never decides.

It speaks the protocol of OpenAI's chat completions, as llama.cpp, vLLM, Ollama and others do. Only
an address of this machine or of a private network is accepted, written in numbers: a name could
lead elsewhere tomorrow. No proxy is used and no redirect is followed.
"""

import asyncio
import hashlib
import ipaddress
import json
import logging
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

import msgspec

from api.process.installation import import_lock
from api.settings import Settings, bad_language_model_address

SECONDS = 180.0
SECONDS_TO_CONNECT = 5.0
MOST_SENT = 40_000  # bytes of a request
MOST_ANSWERED = 200_000  # bytes of an answer
MOST_TOKENS = 900
# Servers that do not know how to hold a model to a form answer with one of these.
FORM_REFUSED = (400, 422, 501)
OWN_NETWORKS = tuple(
    map(
        ipaddress.ip_network,
        ("127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"),
    )
)
THOUGHTS = re.compile(r"<think>.*?</think>", re.DOTALL)

AnswerForm = dict[str, object]
"""A JSON schema."""

log = logging.getLogger("soundings.drafts")


class ChatMessage(msgspec.Struct, frozen=True):
    role: str
    content: str


class AnsweredMessage(msgspec.Struct, frozen=True):
    content: str | None = None


class AnsweredChoice(msgspec.Struct, frozen=True):
    message: AnsweredMessage
    finish_reason: str | None = None


class ChatCompletion(msgspec.Struct, frozen=True):
    """What we read of a chat completion; servers send more."""

    choices: list[AnsweredChoice]
    model: str = ""


class ListedModel(msgspec.Struct, frozen=True):
    id: str


class ListedModels(msgspec.Struct, frozen=True):
    data: list[ListedModel]


class ModelAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The JSON text that a model answered with, its own name, and SHA-256 of request and answer."""

    text: str
    model: str
    request: str
    answer: str


class ModelFailure(Exception):
    """The model gave no answer that can be used; the sentence is for staff."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class LanguageModel(msgspec.Struct, frozen=True, kw_only=True):
    """Where the model answers, its name there, and a key if it asks for one."""

    url: str
    name: str
    key: str = ""
    seconds: float = SECONDS

    async def ask(self, messages: Sequence[ChatMessage], form: AnswerForm) -> ModelAnswer:
        """The model's answer to these messages, as JSON that fits `form` if the server supports
        that.
        """
        asked: dict[str, object] = {
            "model": self.name or "default",
            "messages": [msgspec.to_builtins(message) for message in messages],
            "temperature": 0,
            "max_tokens": MOST_TOKENS,
            "stream": False,
        }
        held = {"name": "draft", "strict": True, "schema": form}
        whole = asked | {"response_format": {"type": "json_schema", "json_schema": held}}
        try:
            async with asyncio.timeout(self.seconds):
                status, body = await self.post(whole)
                if status in FORM_REFUSED:
                    status, body = await self.post(asked)
        except TimeoutError:
            raise ModelFailure(
                f"The language model did not answer within {self.seconds:g} seconds."
            ) from None
        if status != 200:
            raise ModelFailure(f"The language model answered with an error (HTTP {status}).")
        return read_completion(body, json.dumps(asked["messages"]))

    async def post(self, asked: dict[str, object]) -> tuple[int, bytes]:
        content = msgspec.json.encode(asked)
        if len(content) > MOST_SENT:
            raise ModelFailure("The passages are too long to be sent to the language model.")
        return await self.request("POST", "/chat/completions", content)

    async def load_names(self) -> list[str]:
        """The names of the models that the server offers."""
        try:
            async with asyncio.timeout(SECONDS_TO_CONNECT):
                status, body = await self.request("GET", "/models")
        except TimeoutError:
            raise ModelFailure("The language model does not answer.") from None
        if status != 200:
            raise ModelFailure(f"The language model answers with an error (HTTP {status}).")
        try:
            return [model.id for model in msgspec.json.decode(body, type=ListedModels).data]
        except msgspec.MsgspecError:
            raise ModelFailure("What answers there is not a language model.") from None

    async def request(self, method: str, path: str, content: bytes = b"") -> tuple[int, bytes]:
        """Status and body of the response; raises if the body has more than `MOST_ANSWERED`
        bytes.
        """
        headers = {"content-type": "application/json", "accept": "application/json"}
        if self.key:
            headers["authorization"] = f"Bearer {self.key}"
        with import_lock("httpx"):
            import httpx  # slow to load

        limits = httpx.Timeout(self.seconds, connect=SECONDS_TO_CONNECT)
        try:
            # Without the environment's proxies: one of them could be far away.
            async with (
                httpx.AsyncClient(
                    trust_env=False, follow_redirects=False, timeout=limits
                ) as client,
                client.stream(
                    method, f"{self.url}{path}", content=content, headers=headers
                ) as answer,
            ):
                body = b""
                async for part in answer.aiter_bytes():
                    body += part
                    if len(body) > MOST_ANSWERED:
                        raise ModelFailure("The language model answered with far too much.")
                return answer.status_code, body
        except httpx.TimeoutException:
            raise TimeoutError from None
        except (httpx.HTTPError, httpx.InvalidURL) as failure:
            log.warning("the language model cannot be used: %s", type(failure).__name__)
            raise ModelFailure("The language model cannot be reached.") from None


def read_completion(body: bytes, request: str) -> ModelAnswer:
    """The JSON text in a chat completion; around it models like to write more."""
    try:
        completion = msgspec.json.decode(body, type=ChatCompletion)
    except msgspec.MsgspecError:
        raise ModelFailure("The language model answered in a form that we do not know.") from None
    if not completion.choices or not completion.choices[0].message.content:
        raise ModelFailure("The language model answered with nothing.")
    if completion.choices[0].finish_reason == "length":
        raise ModelFailure("The language model did not finish its answer.")
    text = THOUGHTS.sub("", completion.choices[0].message.content)
    start, end = text.find("{"), text.rfind("}")
    if not 0 <= start < end:
        raise ModelFailure("The language model answered in a form that we do not know.")
    return ModelAnswer(
        text=text[start : end + 1],
        model=" ".join(completion.model.split())[:100],
        request=hashlib.sha256(request.encode()).hexdigest(),
        answer=hashlib.sha256(body).hexdigest(),
    )


def language_model_from_settings(settings: Settings) -> LanguageModel | None:
    """The language model that the settings name, if any; raises if its address is not allowed."""
    if not settings.language_model_url:
        return None
    url = settings.language_model_url.rstrip("/")
    if not is_own_address(url):
        raise bad_language_model_address()
    return LanguageModel(
        url=url, name=settings.language_model_name, key=settings.language_model_key
    )


def is_own_address(url: str) -> bool:
    """True for HTTP on this machine or a private network, whose address is written in numbers.

    Link-local addresses are not among them: clouds answer there with secrets of the machine.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
        if parts.scheme not in ("http", "https") or parts.username or parts.query or parts.fragment:
            return False
        if host == "localhost":
            return True
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return any(address in network for network in OWN_NETWORKS)
