"""The pages of a community group that runs surveys."""

from litestar.types import ControllerRouterHandler

from api.pages.organiser import builder, codes, downloads, opening, surveys, views
from api.pages.work import staff

HANDLERS: list[ControllerRouterHandler] = [
    staff(
        [
            *surveys.HANDLERS,
            *codes.HANDLERS,
            *downloads.HANDLERS,
            *opening.HANDLERS,
            *builder.HANDLERS,
            *views.HANDLERS,
        ]
    )
]
