"""The pages anybody can read: the editions."""

from litestar.types import ControllerRouterHandler

HANDLERS: list[ControllerRouterHandler] = []
