"""JSON for answers to a survey, and a short way past the framework for those who send many."""

import re
from typing import Annotated, Any, NamedTuple, cast

import msgspec
from litestar import Litestar, Request, post
from litestar.connection import ASGIConnection
from litestar.openapi.spec import Example
from litestar.params import Body, HeaderParameter
from litestar.types import HTTPReceiveMessage, Receive, Scope, Send

from api.dependencies import FromDatabase, FromKeyring, Slug
from api.error_handlers import answer_failure, problem_responses
from api.operations.answers import submissions
from api.operations.answers.submissions import LONGEST_KEY, random_key
from api.operations.survey_rights import require_password, require_right
from api.security.limits import RateLimiter, burst_suspicion, opens_results, request_guesser
from api.security.people import sent_key, use_key
from api.security.sent_forms import require_json
from survey.store.database import Database
from survey.store.surveys import sharing
from survey.surveys.refusals import missing_survey_password
from survey.surveys.responses import Submission, SubmissionReceipt

SurveyPassword = Annotated[
    str,
    HeaderParameter(
        name="Survey-Password",
        max_length=200,
        required=False,
        description="Only for a survey that its organiser has given a password.",
    ),
]
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


PATH = "/api/v1/surveys/{slug:str}/responses"
USUAL_PATH = re.compile(r"/api/v1/surveys/([a-z0-9][a-z0-9-]{1,59})/responses")
USUAL_HOST = re.compile(rb"[A-Za-z0-9.:\[\]-]*")
READ_HEADERS = (b"content-type", b"content-length", b"idempotency-key", b"host")
MOST_DIRECT_BYTES = 100_000
SUBMISSION = msgspec.json.Decoder(Submission)
RECEIPT = msgspec.json.Encoder()


def has_key(request: Request[Any, Any, Any]) -> bool:
    """Whether an API key was sent; `check_password` checks it."""
    # No other scheme: a proxy in front may ask for a password of its own.
    return request.headers.get("authorization", "").lower().startswith("bearer ")


async def check_password(
    request: Request[Any, Any, Any], database: Database, slug: str, typed: str
) -> None:
    """Raise unless the survey has no password, or `typed` is its password, or an API key for the
    survey is sent.
    """
    if has_key(request):
        header = request.headers["authorization"]
        async with database.connection() as connection:
            owner = await use_key(connection, sent_key(header), "send answers", slug)
            # As the owner's rights are now: what they may not collect, their program may not send.
            await require_right(connection, owner, "collect", slug)
        return
    tries, source = request_guesser(request)
    await require_password(database, tries, source, slug, typed)


class UsualHead(NamedTuple):
    """What the head of an ordinary request to save an answer says: the survey and the request
    key.
    """

    slug: str
    key: str | None


class DirectAnswers:
    """Stores an ordinary answer itself: the framework's way to a handler costs several times as
    much.

    An unusual request (another type of content, a large body, values that only resemble their type)
    goes to the application, whose handler reads it again and stores or refuses it. For an ordinary
    one, this class does what the framework would do on the way: it counts the request by the
    route's limits and gives it the route's name. Ids, times and the headers of a response are added
    outside.
    """

    def __init__(self, app: Litestar, limiter: RateLimiter) -> None:
        self.app, self.limiter = app.asgi_handler, limiter
        example = PATH.replace("{slug:str}", "example")
        _, self.route_handler, _, _, self.path_template = app.asgi_router.handle_routing(
            example, "POST"
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        head = read_usual_head(scope)
        if head is None:
            await self.app(scope, receive, send)
            return
        asked: Any = scope
        asked["route_handler"], asked["path_template"] = self.route_handler, self.path_template
        try:
            send = self.limiter.count_request(scope, send)
            messages = await read_messages(receive)
            if messages[-1]["type"] == "http.disconnect":
                return  # the sender has gone, and nobody reads an answer
            submission_body = b"".join(
                message["body"] for message in messages if message["type"] == "http.request"
            )
            try:
                sent = SUBMISSION.decode(submission_body)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                sent = None
            receipt = await store_answer(scope, head, sent) if sent else None
        except Exception as failure:
            request: Request[Any, Any, Any] = Request(scope)
            refusal = answer_failure(request, failure).to_asgi_response(None, request)
            await refusal(scope, receive, send)
            return
        if receipt is None:
            left = iter(messages)

            async def receive_again() -> HTTPReceiveMessage:
                message = next(left, None)
                return cast(HTTPReceiveMessage, await receive()) if message is None else message

            await self.app(scope, receive_again, send)
        else:
            body = RECEIPT.encode(receipt)
            headers = [
                (b"content-type", b"application/json"),
                (b"content-length", b"%d" % len(body)),
            ]
            await send({"type": "http.response.start", "status": 201, "headers": headers})
            await send({"type": "http.response.body", "body": body, "more_body": False})


def read_usual_head(scope: Scope) -> UsualHead | None:
    """What the head of an ordinary request to save an answer says; None if anything in it is
    unusual.
    """
    asked: Any = scope
    if asked.get("method") != "POST" or asked["query_string"]:
        return None
    path = USUAL_PATH.fullmatch(asked["path"])
    if path is None:
        return None
    headers: dict[bytes, bytes] = {}
    for name, value in asked["headers"]:
        # Both are checked by the handler: it takes time, and few send them.
        if name in (b"survey-password", b"authorization"):
            return None
        if name in READ_HEADERS:
            if name in headers:
                return None
            headers[name] = value
    size, key = headers.get(b"content-length", b""), headers.get(b"idempotency-key")
    usual = (
        headers.get(b"content-type") == b"application/json"
        and size.isdigit()
        and int(size) <= MOST_DIRECT_BYTES
        and (key is None or len(key) <= LONGEST_KEY)
        and USUAL_HOST.fullmatch(headers.get(b"host", b""))
    )
    return UsualHead(path[1], key.decode("latin-1") if key is not None else None) if usual else None


async def read_messages(receive: Receive) -> list[HTTPReceiveMessage]:
    """The messages of a request up to the end of its body, or until its sender has gone."""
    messages: list[HTTPReceiveMessage] = []
    while not messages or messages[-1].get("more_body"):
        messages.append(cast(HTTPReceiveMessage, await receive()))
    return messages


async def store_answer(scope: Scope, head: UsualHead, sent: Submission) -> SubmissionReceipt:
    state = scope["litestar_app"].state
    if (await state.database.load_noticed(sharing.get_settings, head.slug)).password_hash:
        raise missing_survey_password()
    marks = submissions.request_marks(state.keyring, head.slug, sent, random_key(head.key))
    asked = ASGIConnection[Any, Any, Any, Any](scope)
    suspicion, opens = burst_suspicion(asked, head.slug), opens_results(asked, head.slug)
    return await submissions.submit_response(
        state.database, head.slug, sent, marks, suspicion=suspicion, opens=opens
    )


@post(
    PATH,
    summary="Answer a survey",
    responses=problem_responses(401, 403, 404, 409, 410, 413, 415, 422, 429),
    tags=["residents"],
    guards=[require_json],
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
    opens = opens_results(request, slug, device="program" if has_key(request) else "")
    return await submissions.submit_response(
        database, slug, data, marks, suspicion=suspicion, opens=opens
    )
