"""Puts the house together: settings in, a running application out."""

import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from litestar import Litestar, Router
from litestar.config.compression import CompressionConfig
from litestar.datastructures import MutableScopeHeaders, State
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import Contact, License, Tag
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.static_files import create_static_files_router
from litestar.template.config import TemplateConfig
from litestar.types import ControllerRouterHandler, Message, Scope

from api import wiring
from api.documentation import SwaggerPage
from api.forgery import ForgeryGuard
from api.keys import keyring_of
from api.limits import Limit, RateLimiter, brings_much, bytes_of_files, writes
from api.pages import (
    about,
    administrator,
    audit,
    demo_door,
    logo,
    organiser,
    reader,
    resident,
    reviewer,
    sign_in,
    subscribing,
    unsent_forms,
    work,
)
from api.pages.demo_door import DemoDoor
from api.pages.resident import attaching
from api.pages.templating import engine
from api.refusals import fail, names_a_file, refuse, refuse_request
from api.requests import (
    MOST_FIELDS,
    MOST_FORM_BYTES,
    HeadAsGet,
    PlainRequest,
    ReadableOnly,
)
from api.routes import (
    attachments,
    complaints,
    deployments,
    health,
    places,
    reports,
    responses,
    surveys,
    themes,
)
from api.settings import Settings
from survey.attachments import MOST_WAITING
from survey.problems import Problem
from survey.store.database import Database, open_database

STATIC = Path(__file__).parent / "pages" / "static"
MOST_JSON_BYTES = 1_000_000
MOST_STAFF_BYTES = 1_000_000
MOST_STAFF_FIELDS = 10_000
# Files that wait for an answer have room for ten times this; none waits longer than three hours.
FILE_BYTES = Limit("file-bytes", MOST_WAITING // 10, bytes_of_files, seconds=3 * 3_600)
POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
# Nothing here takes a session as its warrant, so nothing here needs a token against forgery.
WITHOUT_SESSION = [
    f"^/{place}"
    for place in (
        "api/",
        "$",
        "surveys",
        "access-code",
        "complaints",
        "about",
        "logo$",
        "reports",
        "method",
        "static",
        "health",
        "subscribe",
        "unsubscribe",
    )
]

READ = [
    health.read,
    places.every,
    places.boundaries,
    places.population,
    surveys.every,
    surveys.read,
    *deployments.HANDLERS,
    reports.every,
    reports.read,
    themes.read,
    themes.read_version,
    themes.versions,
    themes.raised,
    logo.logo,
]
FILES = [attachments.create, attachments.create_for_complaint]
PAGES = [
    *organiser.HANDLERS,
    *reviewer.HANDLERS,
    *administrator.HANDLERS,
    *audit.HANDLERS,
    *work.HANDLERS,
    *unsent_forms.HANDLERS,
]


DEPENDENCIES = {
    "database": Provide(wiring.database_of, sync_to_thread=False),
    "keyring": Provide(wiring.keyring_of, sync_to_thread=False),
    "person": Provide(wiring.person_of, sync_to_thread=False),
    "quarantine": Provide(wiring.quarantine_of, sync_to_thread=False),
}


def build(
    settings: Settings, database: Database | None = None, door: DemoDoor | None = None
) -> Litestar:
    """An application; given a database, as tests do, it neither opens nor closes one.

    `door` is for the command `demo` alone: with it anybody signs in as anybody.
    """

    @asynccontextmanager
    async def opened(app: Litestar) -> AsyncIterator[None]:
        async with open_database(settings.database_url) as app.state.database:
            yield

    secret = settings.secret or secrets.token_hex(32)
    return HeadAsGet(
        route_handlers=[
            *READ,
            *reader.HANDLERS,
            *about.HANDLERS,
            staff(settings),
            *taking(settings),
            *(door_of_demo(settings) if door else []),
            static_files(),
        ],
        dependencies=DEPENDENCIES,
        exception_handlers={Problem: refuse, HTTPException: refuse_request, Exception: fail},
        state=state_of(settings, database, door),
        lifespan=[] if database else [opened],
        template_config=TemplateConfig(instance=JinjaTemplateEngine.from_environment(engine())),
        before_send=[harden],
        compression_config=CompressionConfig(backend="brotli", minimum_size=800),
        middleware=[
            ReadableOnly(),
            RateLimiter(),
            ForgeryGuard(secret, exempt=WITHOUT_SESSION),
        ],
        openapi_config=described(),
        request_class=PlainRequest,
        request_max_body_size=MOST_FORM_BYTES,
    )


def state_of(settings: Settings, database: Database | None, door: DemoDoor | None) -> State:
    return State(
        {
            "database": database,
            "settings": settings,
            "keyring": keyring_of(settings),
            "demo_door": door,
            "logo": logo.logo_of(settings),
        }
    )


def taking(settings: Settings) -> list[Router]:
    """What anybody may send without an account, each with its limit."""
    sends, tries = settings.sends_per_minute, settings.sign_ins_per_minute
    return [
        routes_within(
            [responses.create, complaints.create],
            Limit("sends", sends, writes),
            most_bytes=MOST_JSON_BYTES,
        ),
        routes_within(
            [attachments.create, attachments.create_for_complaint],
            FILE_BYTES,
            Limit("files", sends, writes),
        ),
        routes_within(
            resident.HANDLERS,
            FILE_BYTES,
            Limit("pages", 20 * sends, writes),
            Limit("much-by-page", sends, brings_much),
            most_bytes=attaching.MOST_TYPED,
        ),
        routes_within(sign_in.HANDLERS, Limit("sign-ins", tries, writes)),
        routes_within(resident.OPENING, Limit("cases", tries, writes)),
        routes_within(subscribing.HANDLERS, Limit("subscriptions", tries, writes)),
    ]


def door_of_demo(settings: Settings) -> list[Router]:
    limit = Limit("demo", 20 * settings.sends_per_minute, writes)
    return [routes_within(demo_door.HANDLERS, limit)]


def staff(settings: Settings) -> Router:
    """The pages of staff take long forms, but only from who has signed in."""
    return routes_within(
        PAGES,
        Limit("staff", 20 * settings.sends_per_minute, writes),
        most_bytes=MOST_STAFF_BYTES,
        most_fields=MOST_STAFF_FIELDS,
    )


def routes_within(
    handlers: Sequence[ControllerRouterHandler],
    *limits: Limit,
    most_bytes: int = MOST_FORM_BYTES,
    most_fields: int = MOST_FIELDS,
) -> Router:
    """Routes that one source may write to so often a minute, and so much at once."""
    return Router(
        "/",
        route_handlers=handlers,
        opt={"limits": limits, "most_fields": most_fields},
        request_max_body_size=most_bytes,
    )


def static_files() -> Router:
    return create_static_files_router(
        path="/static",
        directories=[STATIC],
        before_request=names_a_file,
        cache_control=None,
        include_in_schema=False,
    )


async def harden(message: Message, scope: Scope) -> None:
    """Headers that every answer carries."""
    if message["type"] != "http.response.start":
        return
    headers = MutableScopeHeaders.from_message(message)
    headers.setdefault("Content-Security-Policy", POLICY)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    if scope["litestar_app"].state.settings.secure_cookies:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    headers.setdefault("Referrer-Policy", "no-referrer")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
    if not scope["path"].startswith(("/static", "/docs")):
        headers.setdefault("Cache-Control", "no-store")


def described() -> OpenAPIConfig:
    return OpenAPIConfig(
        title="Soundings",
        version="1",
        summary="Listening to a community about its police.",
        description=(
            "Residents' answers and complaints, police deployments, and the editions that set "
            "them side by side. Refusals are problem+json with a stable `code`."
        ),
        contact=Contact(name="Whoever runs this service"),
        license=License(name="Apache License 2.0", identifier="Apache-2.0"),
        tags=[
            Tag(name="residents", description="What a resident sends."),
            Tag(name="surveys", description="What can be answered."),
            Tag(name="places", description="Areas and their residents."),
            Tag(name="deployments", description="Police use of force as published."),
            Tag(name="reports", description="Editions, frozen as they were read."),
            Tag(name="themes", description="What texts are read for: the codebook."),
            Tag(name="service", description="Whether it is up."),
        ],
        use_handler_docstrings=True,
        path="/docs",
        render_plugins=[SwaggerPage()],
    )
