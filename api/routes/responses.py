"""JSON for responses."""

import re
from typing import Annotated, Any, NamedTuple, cast

import msgspec
from litestar import Request, post
from litestar.connection import ASGIConnection
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.openapi.spec import Example
from litestar.params import Body, HeaderParameter
from litestar.types import ASGIApp, HTTPReceiveMessage, Receive, Scope, Send

from api.dependencies import FromDatabase, FromKeyring, Slug
from api.error_handlers import answer_problem, problem_responses
from api.operations import submissions
from api.operations.submissions import LONGEST_KEY, random_key
from api.routes.passwords import SurveyPassword, check_password, has_key
from api.security.csrf import require_json
from api.security.limits import burst_suspicion
from survey.problems import Problem
from survey.store.surveys import sharing
from survey.surveys.refusals import missing_survey_password
from survey.surveys.responses import Submission, SubmissionReceipt

IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        max_length=LONGEST_KEY,
        required=False,
        description=(
            "A new random one for each sending, such as a UUID: 20 characters or more, 10 of them "
            "different. Same key and same answers within 12 hours: same receipt, kept once. "
            "Other answers: 409."
        ),
    ),
]
EXAMPLE = Example(
    summary="An answer to the open feedback form",
    value={
        "borough": "Hackney",
        "language": "en",
        "answers": {"subject": "taser", "story": "I felt safer after the officers explained it."},
    },
)


SLUG = re.compile(r"[a-z0-9][a-z0-9-]{1,59}")
MOST_DIRECT_BYTES = 100_000
SUBMISSION = msgspec.json.Decoder(Submission)
RECEIPT = msgspec.json.Encoder()


class UsualHead(NamedTuple):
    """What the headers of a usual answer say: its survey and the key of its request."""

    slug: str
    key: str | None


class DirectAnswers(ASGIMiddleware):
    """Stores a usual answer itself: the framework's way to a handler costs several times as much.

    Whatever is unusual goes to the handler below, which reads it again and stores or refuses it:
    another type of content, a large body, values that only resemble their type.
    """

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        head = read_usual_head(scope)
        if head is None:
            await next_app(scope, receive, send)
            return
        messages = await read_messages(receive)
        if messages[-1]["type"] == "http.disconnect":
            return  # the sender has gone, and nobody reads an answer
        try:
            body = b"".join(one["body"] for one in messages if one["type"] == "http.request")
            sent = SUBMISSION.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            await next_app(scope, replay(messages, receive), send)
            return
        try:
            receipt = await store_answer(scope, head, sent)
        except Problem as problem:
            request: Request[Any, Any, Any] = Request(scope)
            refusal = answer_problem(request, problem).to_asgi_response(None, request)
            await refusal(scope, receive, send)
            return
        await send_receipt(send, RECEIPT.encode(receipt))


def read_usual_head(scope: Scope) -> UsualHead | None:
    """What the headers of a usual answer say; None if anything in them is unusual."""
    slug = scope["path_params"].get("slug", "")
    found: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        # Both are checked by the handler: it takes time, and few send them.
        if name in (b"survey-password", b"authorization"):
            return None
        if name in (b"content-type", b"content-length", b"idempotency-key"):
            if name in found:
                return None
            found[name] = value
    size, key = found.get(b"content-length", b""), found.get(b"idempotency-key")
    usual = (
        found.get(b"content-type") == b"application/json"
        and size.isdigit()
        and int(size) <= MOST_DIRECT_BYTES
        and (key is None or len(key) <= LONGEST_KEY)
        and SLUG.fullmatch(slug)
    )
    return UsualHead(slug, key.decode("latin-1") if key is not None else None) if usual else None


async def send_receipt(send: Send, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 201, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def read_messages(receive: Receive) -> list[HTTPReceiveMessage]:
    """The messages of a request up to the end of its body, or until its sender has gone."""
    messages: list[HTTPReceiveMessage] = []
    while not messages or messages[-1].get("more_body"):
        messages.append(cast(HTTPReceiveMessage, await receive()))
    return messages


def replay(messages: list[HTTPReceiveMessage], receive: Receive) -> Receive:
    """A `receive` that gives these messages again before it goes on."""
    left = iter(messages)

    async def receive_again() -> HTTPReceiveMessage:
        message = next(left, None)
        return cast(HTTPReceiveMessage, await receive()) if message is None else message

    return receive_again


async def store_answer(scope: Scope, head: UsualHead, sent: Submission) -> SubmissionReceipt:
    state = scope["litestar_app"].state
    if (await state.database.load_noticed(sharing.get_settings, head.slug)).password_hash:
        raise missing_survey_password()
    marks = submissions.request_marks(state.keyring, head.slug, sent, random_key(head.key))
    suspicion = burst_suspicion(ASGIConnection(scope), head.slug)
    return await submissions.submit_response(
        state.database, head.slug, sent, marks, suspicion=suspicion
    )


@post(
    "/api/v1/surveys/{slug:str}/responses",
    summary="Answer a survey",
    responses=problem_responses(401, 403, 404, 409, 410, 413, 415, 422, 429),
    tags=["residents"],
    guards=[require_json],
    middleware=[DirectAnswers()],
)
async def create(
    request: Request[Any, Any, Any],
    database: FromDatabase,
    keyring: FromKeyring,
    slug: Slug,
    data: Annotated[Submission, Body(examples=[EXAMPLE])],
    key: IdempotencyKey = None,
    password: SurveyPassword = "",
) -> SubmissionReceipt:
    """Save a response. Nothing that identifies a device or a person is stored."""
    await check_password(request, database, slug, password)
    marks = submissions.request_marks(keyring, slug, data, random_key(key))
    # A program with a key of the survey sends for many people.
    suspicion = None if has_key(request) else burst_suspicion(request, slug)
    return await submissions.submit_response(database, slug, data, marks, suspicion=suspicion)
