"""Builds the web application from the settings."""

import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
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

from api import dependencies
from api.documentation import SwaggerPage
from api.error_handlers import (
    answer_http_error,
    answer_problem,
    answer_server_error,
    reject_nul,
)
from api.pages import (
    about,
    logo,
    organiser,
    reader,
    resident,
    sign_in,
    staff,
    subscribing,
    unsent_forms,
    work,
)
from api.pages.resident.uploads import attaching
from api.pages.staff.admin import administrator, audit
from api.pages.templating import build_environment
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
from api.security.csrf import CsrfGuard
from api.security.keyring import keyring_from_settings
from api.security.limits import (
    RateLimit,
    RateLimiter,
    file_bytes,
    is_large_write,
    is_write,
)
from api.security.requests import (
    MOST_FIELDS,
    MOST_FORM_BYTES,
    HeadAsGet,
    RejectNulQuery,
    UncachedRequest,
)
from api.settings import Settings
from survey.media import MOST_WAITING
from survey.problems import Problem
from survey.store.database import Database, open_database

STATIC = Path(__file__).parent / "pages" / "static"
MOST_JSON_BYTES = 1_000_000
MOST_STAFF_BYTES = 1_000_000
MOST_STAFF_FIELDS = 10_000
# All files that wait for an answer may take ten times this; none waits longer than three hours.
FILE_BYTES = RateLimit("file-bytes", MOST_WAITING // 10, file_bytes, seconds=3 * 3_600)
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
# Paths that never authenticate by session cookie, hence exempt from CSRF checks.
CSRF_EXEMPT = [
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

READ_HANDLERS = [
    health.read,
    places.list_areas,
    places.read_boundaries,
    places.read_population,
    surveys.list_surveys,
    surveys.read,
    *deployments.HANDLERS,
    reports.list_editions,
    reports.read,
    themes.read,
    themes.read_version,
    themes.list_versions,
    themes.list_open_proposals,
    logo.serve_logo,
]
FILE_HANDLERS = [attachments.create, attachments.create_for_complaint]
STAFF_HANDLERS = [
    *organiser.HANDLERS,
    *staff.HANDLERS,
    *administrator.HANDLERS,
    *audit.HANDLERS,
    *work.HANDLERS,
    *unsent_forms.HANDLERS,
]


DEPENDENCIES = {
    "database": Provide(dependencies.provide_database, sync_to_thread=False),
    "keyring": Provide(dependencies.provide_keyring, sync_to_thread=False),
    "person": Provide(dependencies.provide_person, sync_to_thread=False),
    "quarantine": Provide(dependencies.provide_quarantine, sync_to_thread=False),
}


@dataclass(frozen=True, kw_only=True)
class Door:
    """Pages to enter by without a password, which only the command `demo` adds.

    `address` is the first of them; they answer under any host name if `any_host`.
    """

    address: str
    handlers: Sequence[ControllerRouterHandler]
    any_host: bool = False


def build(
    settings: Settings, database: Database | None = None, door: Door | None = None
) -> Litestar:
    """The application. Given a database, as the tests do, it neither opens nor closes one.

    `door` is for the command `demo` alone: with it, anyone can sign in as anyone.
    """

    @asynccontextmanager
    async def opened(app: Litestar) -> AsyncIterator[None]:
        async with open_database(settings.database_url) as app.state.database:
            yield

    secret = settings.secret or secrets.token_hex(32)
    return HeadAsGet(
        route_handlers=[
            *READ_HANDLERS,
            *reader.HANDLERS,
            *about.HANDLERS,
            staff_routes(settings),
            *public_write_routes(settings),
            *(door_routes(settings, door) if door else []),
            static_files(),
        ],
        dependencies=DEPENDENCIES,
        exception_handlers={
            Problem: answer_problem,
            HTTPException: answer_http_error,
            Exception: answer_server_error,
        },
        state=initial_state(settings, database, door),
        lifespan=[] if database else [opened],
        template_config=templates(),
        before_send=[add_security_headers],
        compression_config=CompressionConfig(backend="brotli", minimum_size=800),
        middleware=[RejectNulQuery(), RateLimiter(), CsrfGuard(secret, exempt=CSRF_EXEMPT)],
        openapi_config=openapi_config(),
        request_class=UncachedRequest,
        request_max_body_size=MOST_FORM_BYTES,
    )


def templates() -> TemplateConfig[JinjaTemplateEngine]:
    return TemplateConfig(instance=JinjaTemplateEngine.from_environment(build_environment()))


def initial_state(settings: Settings, database: Database | None, door: Door | None) -> State:
    return State(
        {
            "database": database,
            "settings": settings,
            "keyring": keyring_from_settings(settings),
            "demo_door": door,
            "logo": logo.load_logo(settings),
        }
    )


def public_write_routes(settings: Settings) -> list[Router]:
    """Routes that anyone may send to without an account, each with its rate limits."""
    sends, tries = settings.sends_per_minute, settings.sign_ins_per_minute
    return [
        limited_routes(
            [responses.create, complaints.create],
            RateLimit("sends", sends, is_write),
            most_bytes=MOST_JSON_BYTES,
        ),
        limited_routes(
            [attachments.create, attachments.create_for_complaint],
            FILE_BYTES,
            RateLimit("files", sends, is_write),
        ),
        limited_routes(
            resident.HANDLERS,
            FILE_BYTES,
            RateLimit("pages", 20 * sends, is_write),
            RateLimit("much-by-page", sends, is_large_write),
            most_bytes=attaching.MOST_TYPED,
        ),
        limited_routes(sign_in.HANDLERS, RateLimit("sign-ins", tries, is_write)),
        limited_routes(resident.OPENING, RateLimit("cases", tries, is_write)),
        limited_routes(subscribing.HANDLERS, RateLimit("subscriptions", tries, is_write)),
    ]


def door_routes(settings: Settings, door: Door) -> list[Router]:
    limit = RateLimit("demo", 20 * settings.sends_per_minute, is_write)
    return [limited_routes(door.handlers, limit)]


def staff_routes(settings: Settings) -> Router:
    """The staff pages; they accept long forms, but only from people who are signed in."""
    return limited_routes(
        STAFF_HANDLERS,
        RateLimit("staff", 20 * settings.sends_per_minute, is_write),
        most_bytes=MOST_STAFF_BYTES,
        most_fields=MOST_STAFF_FIELDS,
    )


def limited_routes(
    handlers: Sequence[ControllerRouterHandler],
    *limits: RateLimit,
    most_bytes: int = MOST_FORM_BYTES,
    most_fields: int = MOST_FIELDS,
) -> Router:
    """A router whose handlers share these rate limits and this maximum size of a request."""
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
        before_request=reject_nul,
        cache_control=None,
        include_in_schema=False,
    )


async def add_security_headers(message: Message, scope: Scope) -> None:
    """Add the security headers that every response carries."""
    if message["type"] != "http.response.start":
        return
    headers = MutableScopeHeaders.from_message(message)
    headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    if scope["litestar_app"].state.settings.secure_cookies:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    headers.setdefault("Referrer-Policy", "no-referrer")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
    if not scope["path"].startswith(("/static", "/docs")):
        headers.setdefault("Cache-Control", "no-store")


def openapi_config() -> OpenAPIConfig:
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
