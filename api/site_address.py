"""The address of this site, for whoever opens it from elsewhere."""

from typing import Any
from urllib.parse import urlsplit

from litestar import Request
from litestar.types import Scope


def site_address(request: Request[Any, Any, Any]) -> str:
    """The address of this site, without a slash at its end; to those who came to our onion service,
    its address.
    """
    settings = request.app.state.settings
    if is_at_onion(request.scope):
        return str(settings.onion_url).rstrip("/")
    # The configured address comes first, because a request can claim to be for any host. Without
    # one any host is taken: people open a new installation by any address of its machine, and
    # only the sender reads what is made of it (tests/api/security/test_foreign_hosts.py).
    return str(settings.public_url or request.base_url).rstrip("/")


def is_at_onion(scope: Scope) -> bool:
    """Whether a request came to our onion service, by the host that it names."""
    base = str(scope["litestar_app"].state.settings.onion_url)
    if not base:
        return False
    host = next((value for name, value in scope["headers"] if name == b"host"), b"")
    return host.decode("latin-1").lower() == urlsplit(base).netloc.lower()
