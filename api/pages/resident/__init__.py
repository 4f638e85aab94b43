"""The pages a resident uses."""

from litestar import Router
from litestar.di import Provide
from litestar.types import ControllerRouterHandler

from api.pages.resident import home, leaving, receipts
from api.pages.resident.arriving import short_links
from api.pages.resident.my_case import case_files, following, owning, passphrase, taking
from api.pages.resident.questionnaire import answering, starting
from api.pages.resident.questionnaire.walking import load_walk
from api.pages.resident.resuming import copies, opening, saving
from api.pages.templating import prepare_page
from api.security.sent_forms import WITHOUT_SESSION

HANDLERS: list[ControllerRouterHandler] = [
    Router(
        "/",
        route_handlers=[*home.HANDLERS, *short_links.HANDLERS, *receipts.HANDLERS],
        before_request=prepare_page,
        opt=WITHOUT_SESSION,
    ),
    # Not prepared: in a frame the cookie of a chosen language would be dropped, so the address
    # holds it.
    *short_links.FRAMED,
    Router(
        "/",
        route_handlers=[
            *starting.HANDLERS,
            *saving.HANDLERS,
            *copies.HANDLERS,
            *answering.HANDLERS,
        ],
        dependencies={"walk": Provide(load_walk)},
        before_request=prepare_page,
        opt=WITHOUT_SESSION,
    ),
    # Not prepared: whoever leaves is asked nothing and shown nothing of ours.
    Router("/", route_handlers=leaving.HANDLERS, opt=WITHOUT_SESSION),
    Router(
        "/",
        route_handlers=[*owning.HANDLERS, *case_files.HANDLERS, *taking.HANDLERS],
        before_request=prepare_page,
    ),
]
# Rate limited like signing in: somebody may be guessing codes.
RESUMING: list[ControllerRouterHandler] = [
    Router(
        "/",
        route_handlers=opening.HANDLERS,
        dependencies={"walk": Provide(load_walk)},
        before_request=prepare_page,
        opt=WITHOUT_SESSION,
    )
]
# Rate limited like signing in: somebody may be guessing passphrases.
OPENING: list[ControllerRouterHandler] = [
    Router(
        "/",
        route_handlers=[*following.HANDLERS, *passphrase.HANDLERS],
        before_request=prepare_page,
    )
]
