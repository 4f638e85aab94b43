"""The pages of the working group."""

from litestar.types import ControllerRouterHandler

from api.pages.reviewer import complaints, editions, files, moves, themes
from api.pages.work import staff

HANDLERS: list[ControllerRouterHandler] = [
    staff([
        *complaints.HANDLERS,
        *moves.HANDLERS,
        *editions.HANDLERS,
        *files.HANDLERS,
        *themes.HANDLERS,
    ])
]  # fmt: skip
