"""The pages a resident uses."""

from litestar import Router
from litestar.di import Provide
from litestar.types import ControllerRouterHandler

from api.pages.resident import home, my_case_acts, my_case_page
from api.pages.resident.questionnaire import kept_answers, start, step_pages
from api.pages.resident.questionnaire.walk import load_walk
from api.pages.shell import prepare_page
from api.security.sent_forms import WITHOUT_SESSION

HANDLERS: list[ControllerRouterHandler] = [
    Router(
        "/",
        route_handlers=home.HANDLERS,
        before_request=prepare_page,
        opt=WITHOUT_SESSION,
    ),
    # Not prepared: in a frame the cookie of a chosen language would be dropped, so the address
    # holds it.
    *home.FRAMED,
    Router(
        "/",
        route_handlers=[
            *start.HANDLERS,
            *kept_answers.HANDLERS,
            *step_pages.HANDLERS,
        ],
        dependencies={"walk": Provide(load_walk)},
        before_request=prepare_page,
        opt=WITHOUT_SESSION,
    ),
    # Not prepared: whoever leaves is asked nothing and shown nothing of ours.
    Router("/", route_handlers=start.LEAVING, opt=WITHOUT_SESSION),
    Router(
        "/",
        route_handlers=[*my_case_acts.HANDLERS, *my_case_page.ABOUT_HANDLING],
        before_request=prepare_page,
        exception_handlers={my_case_page.NoOpenCase: my_case_page.ask_to_open},
    ),
]
# Rate limited like signing in: somebody may be guessing codes.
RESUMING: list[ControllerRouterHandler] = [
    Router(
        "/",
        route_handlers=kept_answers.RESUMING,
        dependencies={"walk": Provide(load_walk)},
        before_request=prepare_page,
        opt=WITHOUT_SESSION,
    )
]
# Rate limited like signing in: somebody may be guessing passphrases.
OPENING: list[ControllerRouterHandler] = [
    Router(
        "/",
        route_handlers=my_case_page.HANDLERS,
        before_request=prepare_page,
        exception_handlers={my_case_page.NoOpenCase: my_case_page.ask_to_open},
    )
]
