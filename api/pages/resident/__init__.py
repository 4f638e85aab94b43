"""The pages a resident uses."""

from litestar import Router
from litestar.di import Provide
from litestar.types import ControllerRouterHandler

from api.pages.resident import answering, case_files, following, home, owning, starting
from api.pages.resident.walking import load_walk
from api.pages.templating import prepare_page

HANDLERS: list[ControllerRouterHandler] = [
    Router(
        "/",
        route_handlers=[*home.HANDLERS, *owning.HANDLERS, *case_files.HANDLERS],
        before_request=prepare_page,
    ),
    Router(
        "/",
        route_handlers=[*starting.HANDLERS, *answering.HANDLERS],
        dependencies={"walk": Provide(load_walk)},
        before_request=prepare_page,
    ),
]
# Rate limited like signing in: somebody may be guessing passphrases.
OPENING: list[ControllerRouterHandler] = [
    Router("/", route_handlers=following.HANDLERS, before_request=prepare_page)
]
