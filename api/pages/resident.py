"""The pages a resident uses."""

from litestar.types import ControllerRouterHandler

HANDLERS: list[ControllerRouterHandler] = []
