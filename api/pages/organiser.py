"""The pages of a community group that runs surveys."""

from litestar.types import ControllerRouterHandler

HANDLERS: list[ControllerRouterHandler] = []
