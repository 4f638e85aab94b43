"""Puts the house together: settings in, a running application out."""

import hashlib
import hmac
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from litestar import Litestar, Router
from litestar.config.compression import CompressionConfig
from litestar.config.csrf import CSRFConfig
from litestar.datastructures import MutableScopeHeaders, State
from litestar.di import Provide
from litestar.enums import RequestEncodingType
from litestar.exceptions import HTTPException
from litestar.middleware.rate_limit import RateLimitConfig
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import Contact, License, Tag
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.static_files import create_static_files_router
from litestar.template.config import TemplateConfig
from litestar.types import ControllerRouterHandler, Message, Scope

from api import wiring
from api.documentation import assets, render_plugin
from api.keys import keyring_of
from api.pages import (
    administrator,
    organiser,
    reader,
    resident,
    reviewer,
    sign_in,
    subscribing,
    work,
)
from api.pages.templating import AnyRequest, engine
from api.refusals import fail, names_a_file, refuse, refuse_request
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
from survey.problems import Problem
from survey.store.database import Database, open_database

STATIC = Path(__file__).parent / "pages" / "static"
MOST_BYTES = 1_000_000
POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
DOCS_POLICY = POLICY.replace(
    "default-src 'self'",
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'",
)

# Nothing here takes a session as its warrant, so nothing here needs a token against forgery.
WITHOUT_SESSION = [
    f"^/{place}"
    for place in (
        "api/",
        "$",
        "surveys",
        "complaints",
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
]
FILES = [attachments.create, attachments.create_for_complaint]
PAGES = [
    *reader.HANDLERS,
    *organiser.HANDLERS,
    *reviewer.HANDLERS,
    *administrator.HANDLERS,
    *work.HANDLERS,
]


def build(settings: Settings, database: Database | None = None) -> Litestar:
    """An application; given a database, as tests do, it neither opens nor closes one."""

    @asynccontextmanager
    async def opened(app: Litestar) -> AsyncIterator[None]:
        async with open_database(settings.database_url) as app.state.database:
            yield

    secret = settings.secret or secrets.token_hex(32)
    return Litestar(
        route_handlers=[
            *READ,
            *PAGES,
            *taking(settings),
            static_files(),
            assets(),
        ],
        dependencies={
            "database": Provide(wiring.database_of, sync_to_thread=False),
            "keyring": Provide(wiring.keyring_of, sync_to_thread=False),
            "person": Provide(wiring.person_of, sync_to_thread=False),
            "quarantine": Provide(wiring.quarantine_of, sync_to_thread=False),
        },
        exception_handlers={Problem: refuse, HTTPException: refuse_request, Exception: fail},
        state=State({"database": database, "settings": settings, "keyring": keyring_of(settings)}),
        lifespan=[] if database else [opened],
        template_config=TemplateConfig(instance=JinjaTemplateEngine.from_environment(engine())),
        before_send=[harden],
        compression_config=CompressionConfig(backend="brotli", minimum_size=800),
        csrf_config=CSRFConfig(
            secret=secret,
            cookie_name="soundings_csrf",
            cookie_httponly=True,
            cookie_samesite="strict",
            cookie_secure=settings.secure_cookies,
            exclude=WITHOUT_SESSION,
        ),
        openapi_config=described(),
        request_max_body_size=MOST_BYTES,
    )


def taking(settings: Settings) -> list[Router]:
    """What anybody may send without an account, each with its limit."""
    return [
        limited([responses.create, complaints.create], settings.sends_per_minute, "sends"),
        limited(
            [attachments.create, attachments.create_for_complaint],
            settings.sends_per_minute,
            "files",
        ),
        Router(
            "/",
            route_handlers=[limited(resident.HANDLERS, 20 * settings.sends_per_minute, "pages")],
            middleware=[limit(settings.sends_per_minute, "files-by-page", brings_files).middleware],
        ),
        limited(sign_in.HANDLERS, settings.sign_ins_per_minute, "sign-ins"),
        limited(resident.OPENING, settings.sign_ins_per_minute, "cases"),
        limited(subscribing.HANDLERS, settings.sign_ins_per_minute, "subscriptions"),
    ]


def limited(handlers: Sequence[ControllerRouterHandler], per_minute: int, name: str) -> Router:
    """Routes that one source may write to so often a minute."""
    return Router(
        "/", route_handlers=handlers, middleware=[limit(per_minute, name, writes).middleware]
    )


def limit(per_minute: int, name: str, counted: Callable[[AnyRequest], bool]) -> RateLimitConfig:
    """The source is known by a digest under a key that dies with the process."""
    key = secrets.token_bytes(32)

    def source(request: AnyRequest) -> str:
        host = request.client.host if request.client else "nobody"
        return hmac.new(key, host.encode(), hashlib.sha256).hexdigest()

    return RateLimitConfig(
        rate_limit=("minute", per_minute),
        identifier_for_request=source,
        check_throttle_handler=counted,
        store=f"limit-{name}",
    )


def writes(request: AnyRequest) -> bool:
    return request.method == "POST"


def brings_files(request: AnyRequest) -> bool:
    """A page that asks for a file is sent in parts; each part may be large."""
    return writes(request) and request.content_type[0] == RequestEncodingType.MULTI_PART


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
    documentation = scope["path"].startswith("/docs")
    headers.setdefault("Content-Security-Policy", DOCS_POLICY if documentation else POLICY)
    headers.setdefault("X-Content-Type-Options", "nosniff")
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
        license=License(name="See the repository"),
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
        render_plugins=[render_plugin()],
    )
