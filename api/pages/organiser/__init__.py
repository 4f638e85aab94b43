"""The pages of a community group that runs surveys."""

from litestar.types import ControllerRouterHandler

from api.pages.organiser import (
    about,
    builder,
    codes,
    downloads,
    exports,
    guide,
    import_report,
    opening,
    publishing,
    question_bank,
    questions,
    surveys,
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
