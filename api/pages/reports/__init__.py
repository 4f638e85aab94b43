"""The way to and around the editions: lists, figures over time, and files of a section."""

from litestar import Router
from litestar.types import ControllerRouterHandler

from api.dependencies import ON_REPLICA
from api.pages.reports import (
    chart_pages,
    downloads,
    history,
    lists,
    method,
    recommendations,
    releases,
)
from api.pages.shell import prepare_page
from api.security.sent_forms import WITHOUT_SESSION

HANDLERS: list[ControllerRouterHandler] = [
    Router(
        "/",
        route_handlers=[
            *lists.PAGES,
            *history.PAGES,
            *method.PAGES,
            *chart_pages.PAGES,
            *recommendations.PAGES,
        ],
        before_request=prepare_page,
        opt=WITHOUT_SESSION,
        dependencies=ON_REPLICA,
    ),
    # Files and redirects have no page shell, so neither the city nor a language is loaded for them.
    Router(
        "/",
        route_handlers=[
            *lists.FILES,
            *releases.FILES,
            *history.FILES,
            *downloads.FILES,
            *chart_pages.FILES,
            *recommendations.FILES,
        ],
        opt=WITHOUT_SESSION,
        dependencies=ON_REPLICA,
    ),
]
