"""The pages of the working group."""

from litestar.types import ControllerRouterHandler

HANDLERS: list[ControllerRouterHandler] = []
