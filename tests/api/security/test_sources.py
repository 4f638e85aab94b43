"""A visitor cannot choose where they come from: limits hold behind every proxy that we describe."""

import contextlib
import os
import re
import ssl
import textwrap

import httpx
import pytest

from tests import alone
from tests.servers import CADDY, run_balancer, run_program

TRIES = 4
GUIDE = alone.ROOT / "docs/how-to/operators/offer-an-onion-service.md"
RECIPE = re.compile(r"^ +http://:8070 \{\n.*?^   \}\n", re.MULTILINE | re.DOTALL)
needs_caddy = pytest.mark.skipif(CADDY is None, reason="there is no caddy on this machine")


@pytest.fixture(scope="module")
async def service(server, tmp_path_factory):
    """Address of our application with few tries a minute, and its port."""
    async with alone.create_database(server, "alone_behind_proxies") as dsn:
        few = {"SIGN_INS_PER_MINUTE": str(TRIES), "PROCESSES": "1"}
        with alone.run_server(dsn, tmp_path_factory.mktemp("data"), **few) as (_, address):
            yield address


async def taken_tries(address, path, sent, verify=True):
    """Which are taken of twice as many tries as one source has, each of which says another."""
    async with httpx.AsyncClient(base_url=address, verify=verify) as client:
        return [
            (await client.post(path, headers={"x-forwarded-for": sent.format(n)})).status_code
            != 429
            for n in range(2 * TRIES)
        ]


TAKEN = [True] * TRIES + [False] * TRIES


@contextlib.contextmanager
def described_proxy(folder, address):
    """The proxy of the onion service, as its page in the guide writes it."""
    text = textwrap.dedent(RECIPE.search(GUIDE.read_text())[0])
    port = alone.free_port()
    text = text.replace("8070", str(port)).replace("127.0.0.1:8000", address[len("http://") :])
    (folder / "Caddyfile").write_text("{\n\tadmin off\n\tauto_https off\n}\n" + text)
    words = [CADDY, "run", "--adapter", "caddyfile", "--config", folder / "Caddyfile"]
    homes = {name: str(folder) for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME")}
    with run_program(words, port, folder / "log", env=os.environ | homes):
        yield f"http://127.0.0.1:{port}"


@needs_caddy
async def test_visitors_of_the_onion_service_are_one_source_whatever_they_say(service, tmp_path):
    with described_proxy(tmp_path, service) as proxy:
        assert await taken_tries(proxy, "/sign-in", "198.51.100.{}") == TAKEN


async def test_what_such_a_proxy_passes_on_is_one_source(service):
    """Without a proxy on this machine: the header that it sends, as the recipe says."""
    recipe = RECIPE.search(GUIDE.read_text())[0]
    [sent] = re.findall(r"header_up X-Forwarded-For (\S+)", recipe)
    assert await taken_tries(service, "/case", sent) == TAKEN


@needs_caddy
@pytest.mark.parametrize(("trusted", "taken"), [(None, TAKEN), ("127.0.0.1", [True] * 2 * TRIES)])
async def test_the_balancer_believes_nobody_about_their_source_unless_told_to(
    service, tmp_path, trusted, taken
):
    """Who names this machine as a proxy of theirs has one that replaces the header."""
    path = "/subscribe" if trusted is None else "/case"
    with run_balancer(tmp_path, [service], tmp_path, trusted=trusted) as balancer:
        authority = ssl.create_default_context(cafile=str(balancer.authority))
        assert await taken_tries(balancer.address, path, "203.0.113.{}", authority) == taken
