"""Builds the web application from the settings."""

import logging
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from litestar import Litestar, Request, Router
from litestar.config.compression import CompressionConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, OpenAPIRenderPlugin
from litestar.openapi.spec import Contact, License, Tag
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.template.config import TemplateConfig
from litestar.types import ControllerRouterHandler

from api import bootstrap, dependencies, error_handlers, openrosa, routes
from api import phones as phone_routes
from api.observing.requests import ObservedApplication, note_response, save_sums
from api.operations.answers.kiosks import WayCounts
from api.pages import reports, resident, work
from api.pages.organiser.samples import visits
from api.pages.public_copies import API_PAGE, lead_to_guide, serve_guide, serve_static_file
from api.pages.reports import editions, lists
from api.pages.resident import home, kiosk_page
from api.pages.resident.questionnaire import uploads
from api.pages.shell import build_environment
from api.pages.staff.admin import own_account
from api.pages.staff.scrutiny import draws
from api.pages.staff.scrutiny import reports as meeting_reports
from api.process.long_work import save_each_minute
from api.routes.responses import DirectAnswers
from api.security import requests
from api.security.keyring import ReceiptSigner, keyring_from_settings
from api.security.limits import (
    HOUR,
    MINUTE,
    BurstWatch,
    CodeGuesses,
    GuessLimiter,
    RateLimit,
    RateLimiter,
    file_bytes,
    is_large_write,
    is_write,
    limited_routes,
    typed_bytes,
)
from api.security.sent_forms import CsrfGuard
from api.settings import Settings
from survey.media import MOST_WAITING
from survey.problems import Problem
from survey.store.connections.refusals import LostReplica
from survey.store.database import Database
from survey.words import in_local_words

PAGE = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>API – Soundings</title>
<meta http-equiv="refresh" content="0; url={API_PAGE}">
</head>
<body>
<p>The API is described in <a href="{API_PAGE}">the guide</a>, and for programs in its
<a href="/docs/openapi.json">OpenAPI document</a>.</p>
</body>
</html>
"""
MOST_JSON_BYTES = 1_000_000
MOST_STAFF_FIELDS = 10_000
# All files that wait for an answer may take ten times this; none waits longer than three hours.
FILE_BYTES = RateLimit("file-bytes", MOST_WAITING // 10, file_bytes, seconds=3 * HOUR, stored=True)
ALL_FILE_BYTES = RateLimit(
    "all-file-bytes", 10 * MOST_WAITING, file_bytes, seconds=3 * HOUR, stored=True, of_all=True
)
# With these no source fills the disk by words, and no hundred of them in a day.
WORDS_OF_A_SEND = 5_000  # bytes, on average: an answer with a long text
SOURCES_AT_ONCE = 100
# Routes with this in their `opt` send what was compressed before.
COMPRESSION = CompressionConfig(backend="brotli", minimum_size=800, exclude_opt_key="compressed")
DEPENDENCIES = {
    "database": Provide(dependencies.provide_database, sync_to_thread=False),
    "read_database": Provide(dependencies.provide_read_database, sync_to_thread=False),
    "keyring": Provide(dependencies.provide_keyring, sync_to_thread=False),
    "person": Provide(dependencies.provide_person, sync_to_thread=False),
    "signer": Provide(dependencies.provide_signer, sync_to_thread=False),
    "quarantine": Provide(dependencies.provide_quarantine, sync_to_thread=False),
}
EXCEPTION_HANDLERS: dict[int | type[Exception], Any] = {
    LostReplica: error_handlers.answer_lost_replica,
    Problem: error_handlers.answer_problem,
    HTTPException: error_handlers.answer_http_error,
    Exception: error_handlers.answer_server_error,
}
log = logging.getLogger("soundings")


class WayToGuide(OpenAPIRenderPlugin):
    """The page at /docs, which leads to the reference of the API in the guide."""

    def __init__(self) -> None:
        super().__init__(path="/")

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        return PAGE.encode()


class LocalDocument(JsonRenderPlugin):
    """The OpenAPI document, with its descriptions and examples in the words of the place."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        return super().render(request, local_document(openapi_schema))


def local_document(part: Any, *, is_said: bool = False) -> Any:
    """A part of the document; names of fields and types are no words of a place."""
    if isinstance(part, list):
        return [local_document(inner, is_said=is_said) for inner in part]
    if isinstance(part, dict):
        return {
            name: local_document(inner, is_said=is_said or name in ("description", "examples"))
            for name, inner in part.items()
        }
    return in_local_words(part) if is_said and isinstance(part, str) else part


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
    """The application; it opens and closes no database if one is given, as in tests.

    `door` is for the command `demo` alone: with it, anyone can sign in as anyone.
    """

    # Only tests come without one: the commands make and save it first, for all processes.
    secret = settings.secret or secrets.token_hex(32)
    limiter = RateLimiter()
    application = ObservedApplication(
        route_handlers=[
            routes.READ,
            *editions.HANDLERS,
            *reports.HANDLERS,
            *draws.HANDLERS,
            *meeting_reports.HANDLERS,
            home.show_about_page,
            home.serve_logo,
            limited_routes(
                work.staff_routers(),
                RateLimit("staff", 20 * settings.sends_per_minute, is_write),
                most_bytes=requests.MOST_TYPED_BYTES,
                most_fields=MOST_STAFF_FIELDS,
            ),
            *public_write_routes(settings),
            *(door_routes(settings, door) if door else []),
            serve_static_file,
            lead_to_guide,
            serve_guide,
        ],
        dependencies=DEPENDENCIES,
        exception_handlers=EXCEPTION_HANDLERS,
        state=initial_state(settings, database, door, secret),
        lifespan=[] if database else [open_databases],
        template_config=TemplateConfig(
            instance=JinjaTemplateEngine.from_environment(build_environment())
        ),
        before_send=[requests.add_security_headers, note_response],
        logging_config=None,  # the framework would log addresses and messages of errors
        compression_config=COMPRESSION,
        # In this order: the guard reads forms, which must not happen over the limit.
        middleware=[
            requests.RejectOddHead(),
            limiter,
            CsrfGuard(secret),
            requests.RetryOnPrimary(),
        ],
        openapi_config=openapi_config(),
        request_class=requests.UncachedRequest,
        request_max_body_size=requests.MOST_FORM_BYTES,
    )
    application.asgi_handler = DirectAnswers(application, limiter)
    return application


@asynccontextmanager
async def open_databases(app: Litestar) -> AsyncIterator[None]:
    """Hold the database and its replica open while the application runs."""
    # From the state: where the database is may be known only after the application is built.
    both = bootstrap.connect_both(app.state.settings)
    try:
        async with (
            both as (app.state.database, app.state.read_database),
            save_each_minute(lambda: save_sums(app.state.database)),
            save_each_minute(lambda: app.state.way_counts.save(app.state.database)),
        ):
            yield
    except Problem as refused:
        # The server that starts us would show a traceback instead.
        log.error("%s %s [%s]", refused.sentence, refused.remedy, refused.code)
        raise


def initial_state(
    settings: Settings, database: Database | None, door: Door | None, secret: str
) -> State:
    return State(
        {
            "database": database,
            "settings": settings,
            "keyring": keyring_from_settings(settings),
            "signer": ReceiptSigner(secret),
            "demo_door": door,
            "guesses": GuessLimiter(),
            "code_guesses": CodeGuesses(),
            "way_guesses": CodeGuesses(),
            # As many in ten minutes as one may send in one: a class in a school stays below.
            "bursts": BurstWatch(settings.sends_per_minute),
            # What a device gathered in a day, or several of a stall, may come at once.
            "kiosk_bursts": BurstWatch(4 * settings.sends_per_minute, 3 * HOUR),
            "way_counts": WayCounts(),
            "logo": home.load_logo(settings),
            "menu": work.staff_menu(),
        }
    )


def public_write_routes(settings: Settings) -> list[Router]:
    """Routes that anyone may send to without an account, each with its rate limits."""
    sends, tries = settings.sends_per_minute, settings.sign_ins_per_minute
    stored = (*words_limits(sends), FILE_BYTES, ALL_FILE_BYTES)
    return [
        limited_routes(
            [phone_routes.ROUTER],
            # A group sends what a whole afternoon brought over one line.
            RateLimit("phones", 10 * sends, is_write),
            *stored,
            most_bytes=openrosa.MOST_SENT,
        ),
        limited_routes(
            [routes.WRITE],
            RateLimit("sends", sends, is_write),
            *stored,
            most_bytes=MOST_JSON_BYTES,
        ),
        limited_routes([routes.FILES], RateLimit("files", sends, is_write), *stored),
        limited_routes(
            resident.HANDLERS,
            # More than by JSON, because somebody who answers by page sends a form for each of them.
            RateLimit("pages", 20 * sends, is_write),
            RateLimit("much-by-page", sends, is_large_write),
            *stored,
            most_bytes=uploads.MOST_TYPED,
        ),
        limited_routes(
            kiosk_page.HANDLERS,
            # A device sends at once what it gathered in a day.
            RateLimit("kiosks", 20 * sends, is_write),
            *stored,
        ),
        limited_routes(
            visits.HANDLERS,
            # Interviewers of a team may share a line.
            RateLimit("visits", 10 * sends, is_write),
            *stored,
        ),
        limited_routes(own_account.HANDLERS, RateLimit("sign-ins", tries, is_write), *stored),
        limited_routes(resident.RESUMING, RateLimit("saved answers", 2 * tries, is_write), *stored),
        limited_routes(resident.OPENING, RateLimit("cases", tries, is_write), *stored),
        limited_routes(lists.HANDLERS, RateLimit("subscriptions", tries, is_write), *stored),
    ]


def words_limits(sends: int) -> tuple[RateLimit, RateLimit]:
    """How many bytes, without files, one source and all sources together may send in an hour."""
    most = sends * WORDS_OF_A_SEND * MINUTE
    return (
        RateLimit("words", most, typed_bytes, seconds=HOUR),
        RateLimit("all-words", SOURCES_AT_ONCE * most, typed_bytes, seconds=HOUR, of_all=True),
    )


def door_routes(settings: Settings, door: Door) -> list[Router]:
    limit = RateLimit("demo", 20 * settings.sends_per_minute, is_write)
    return [limited_routes(door.handlers, limit)]


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
            Tag(name="answers", description="What people answered, for whoever has a key."),
            Tag(name="service", description="Whether it is up."),
        ],
        use_handler_docstrings=True,
        path="/docs",
        render_plugins=[WayToGuide(), LocalDocument()],
    )
