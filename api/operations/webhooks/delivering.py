"""Sends a message to an address that a stranger chose: never to a network that is not public.

The name of the host is resolved once, every address of it is checked, and the connection goes to
an address that was checked. No proxy is used, no redirect followed and no answer read.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

import anyio
import httpcore
import msgspec
from httpcore import SOCKET_OPTION, AnyIOBackend, AsyncNetworkBackend, AsyncNetworkStream

SECONDS = 10.0  # for all of a try
MOST_ADDRESS = 500
IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
# Addresses of IPv6 that lead to one of IPv4 behind a gateway: NAT64, 6to4.
TRANSLATED = tuple(
    ipaddress.ip_network(one) for one in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16")
)


class UnreachableAddress(Exception):
    """Raised for a host that has no address, or one that is not public."""


class Outcome(msgspec.Struct, frozen=True):
    """How a try went: whether the message was received, and the status or what went wrong."""

    sent: bool
    word: str


HTTPS, FIRST_FREE_PORT = 443, 1024


def is_reachable(address: IpAddress, *, to_loopback: bool) -> bool:
    """Whether an address is public, or ours if the operator allows that."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return is_reachable(address.ipv4_mapped, to_loopback=to_loopback)
        # Python takes the old addresses of one site (fec0::/10) for public ones.
        if address.is_site_local or any(address in network for network in TRANSLATED):
            return False
    if address.is_loopback:
        return to_loopback
    return address.is_global and not address.is_multicast and not address.is_reserved


async def resolve(host: str, port: int, *, to_loopback: bool) -> str:
    """An address of a host, all of whose addresses are reachable; raises if it has none."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise UnreachableAddress from None
    addresses = [str(one[4][0]) for one in found]
    for one in addresses:
        # Without the scope of a link, such as fe80::1%eth0.
        if not is_reachable(ipaddress.ip_address(one.partition("%")[0]), to_loopback=to_loopback):
            raise UnreachableAddress
    if not addresses:
        raise UnreachableAddress
    return addresses[0]


async def is_usable(address: str, *, to_loopback: bool) -> bool:
    """Whether messages can go to an address: https and public, or plain to this machine where the
    operator allows that.
    """
    try:
        parts = urlsplit(address)
        port = parts.port or HTTPS
    except ValueError:
        return False
    usual = address.isascii() and address.isprintable() and len(address) <= MOST_ADDRESS
    if not usual or " " in address or not parts.hostname or "@" in parts.netloc or parts.fragment:
        return False
    try:
        with anyio.fail_after(SECONDS):
            found = await resolve(parts.hostname, port, to_loopback=to_loopback)
    except (UnreachableAddress, TimeoutError):
        return False
    if parts.scheme == "http":
        return to_loopback and ipaddress.ip_address(found).is_loopback
    # Below are the ports of mail, names and other services, which a message of ours could disturb.
    return parts.scheme == "https" and (port == HTTPS or port >= FIRST_FREE_PORT)


class CheckedBackend(AsyncNetworkBackend):
    """Connects to hosts whose addresses are all reachable, and to the address that was checked."""

    def __init__(self, *, to_loopback: bool) -> None:
        self.to_loopback, self.network = to_loopback, AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's own
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        address = await resolve(host, port, to_loopback=self.to_loopback)
        return await self.network.connect_tcp(address, port, timeout, local_address, socket_options)


async def post_message(
    address: str, headers: Mapping[str, str], body: bytes, *, to_loopback: bool
) -> Outcome:
    """Send a message once. Only a status from 200 to 299 says that it was received."""
    sent = {"content-type": "application/json", "user-agent": "Soundings"} | dict(headers)
    backend = CheckedBackend(to_loopback=to_loopback)
    try:
        with anyio.fail_after(SECONDS):
            async with (
                httpcore.AsyncConnectionPool(network_backend=backend) as pool,
                pool.stream("POST", address, headers=[*sent.items()], content=body) as answer,
            ):
                status: int = answer.status
    except UnreachableAddress:
        return Outcome(sent=False, word="address")
    except (TimeoutError, httpcore.TimeoutException):
        return Outcome(sent=False, word="timeout")
    except (httpcore.NetworkError, httpcore.ProtocolError, ssl.SSLError, OSError):
        return Outcome(sent=False, word="connection")
    return Outcome(sent=200 <= status < 300, word=str(status))
