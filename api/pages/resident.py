"""The pages a resident uses."""

from litestar.types import ControllerRouterHandler

READ: list[ControllerRouterHandler] = []
WRITE: list[ControllerRouterHandler] = []
