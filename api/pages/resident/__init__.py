"""The pages a resident uses."""

from litestar import Router
from litestar.di import Provide
from litestar.types import ControllerRouterHandler

from api.pages.resident import answering, case_files, following, home, owning, starting
from api.pages.resident.walking import walk_of
from api.pages.templating import arrive

HANDLERS: list[ControllerRouterHandler] = [
    Router(
        "/",
        route_handlers=[*home.HANDLERS, *owning.HANDLERS, *case_files.HANDLERS],
        before_request=arrive,
    ),
    Router(
        "/",
        route_handlers=[*starting.HANDLERS, *answering.HANDLERS],
        dependencies={"walk": Provide(walk_of)},
        before_request=arrive,
    ),
]
# Limited like signing in: somebody may be trying out passphrases.
OPENING: list[ControllerRouterHandler] = [
    Router("/", route_handlers=following.HANDLERS, before_request=arrive)
]
