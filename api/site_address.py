"""The address of this site, for whoever opens it from elsewhere."""

from typing import Any

from litestar import Request


def site_address(request: Request[Any, Any, Any]) -> str:
    """The address of this site, without a slash at its end."""
    # The configured address comes first, because a request can claim to be for any host.
    return str(request.app.state.settings.public_url or request.base_url).rstrip("/")
