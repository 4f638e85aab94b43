"""The pages of a community group that runs surveys."""

from litestar.types import ControllerRouterHandler

from api.pages.organiser import codes, downloads, exports, guide, publishing, surveys
from api.pages.organiser.building import (
    about,
    builder,
    import_report,
    opening,
    question_bank,
    questions,
    try_out,
    views,
)
from api.pages.work import staff_router

HANDLERS: list[ControllerRouterHandler] = [
    staff_router(
        [
            *surveys.HANDLERS,
            *codes.HANDLERS,
            *downloads.HANDLERS,
            *exports.HANDLERS,
            *opening.HANDLERS,
            *import_report.HANDLERS,
            *builder.HANDLERS,
            *question_bank.HANDLERS,
            *questions.HANDLERS,
            *about.HANDLERS,
            *publishing.HANDLERS,
            *guide.HANDLERS,
            *try_out.HANDLERS,
            *views.HANDLERS,
        ]
    )
]
