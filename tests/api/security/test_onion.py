"""The service under an onion address, over plain HTTP behind its proxy, as the page
docs/how-to/operators/offer-an-onion-service.md says.

Tor Browser treats such an address as secure, so that it holds Secure cookies.
"""

import contextlib
from http.cookies import SimpleCookie

import httpx
import pytest

from api.security.requests import FORGET_PAGES
from tests import alone
from tests.api.pages.forms import TOKEN
from tests.api.security.test_traces import PHRASE
from tests.stored.complaint_forms import WORDS

ONION = "soundings" + "a" * 45 + "bd.onion"
CLEAR = "soundings.example.org"
NAMES = {"PUBLIC_URL": f"https://{CLEAR}", "ONION_URL": f"http://{ONION}"}
STEPS = {
    "borough": {"answer": "E09000012"},
    "what": {"q-narrative": WORDS},
    "matter": {"q-allegations": ["use_of_force_taser"]},
    "contact": {},
}


@pytest.fixture(scope="module")
async def service(server, tmp_path_factory):
    """Address of our application with a public and an onion address."""
    async with alone.create_database(server, "alone_at_onion") as dsn:
        with alone.run_server(dsn, tmp_path_factory.mktemp("data"), **NAMES) as (_, address):
            yield address


class TorBrowser:
    """Sends what the proxy of an onion service passes on, and holds cookies as Tor Browser does."""

    def __init__(self, client):
        self.client, self.cookies = client, {}

    async def ask(self, method, path, **given):
        held = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"host": ONION, "x-forwarded-proto": "https"} | ({"cookie": held} if held else {})
        answer = await self.client.request(method, path, headers=headers, **given)
        for line in answer.headers.get_list("set-cookie"):
            [(name, one)] = SimpleCookie(line).items()
            assert name.startswith("__Host-"), line
            assert one["secure"], line
            self.cookies[name] = one.value
            if one["max-age"] == "0":
                del self.cookies[name]
        assert "strict-transport-security" not in answer.headers
        assert "onion-location" not in answer.headers
        location = answer.headers.get("location", "")
        assert CLEAR not in location
        return answer

    async def send(self, path, form, page):
        [token, *_] = TOKEN.findall((await self.ask("GET", page)).text)
        return await self.ask("POST", path, data={"_csrf_token": token} | form)


@contextlib.asynccontextmanager
async def tor_browser(address):
    async with httpx.AsyncClient(base_url=address, timeout=60) as client:
        yield TorBrowser(client)


async def complain(tor):
    """Send a complaint by page; the page with number and passphrase."""
    await tor.ask("POST", "/complaints")
    for step, form in STEPS.items():
        answer = await tor.ask("POST", f"/complaints/{step}", data=form)
        assert answer.status_code == 303, answer.text
    sent = await tor.ask("POST", "/complaints/send")
    return await tor.ask("GET", sent.headers["location"])


@pytest.mark.slow
async def test_a_complaint_is_sent_followed_and_left_over_the_onion_service(service):
    async with tor_browser(service) as tor:
        receipt = await complain(tor)
        assert f"http://{ONION}/case" in receipt.text
        assert CLEAR not in receipt.text
        number = receipt.url.path.rpartition("/")[2]
        [phrase] = PHRASE.findall(receipt.text)
        form = {"number": number, "passphrase": phrase}
        assert (await tor.send("/case", form, "/case")).status_code == 303
        assert WORDS in (await tor.ask("GET", "/case")).text
        await tor.send("/case/message", {"answered": "It was at night."}, "/case")
        assert "It was at night." in (await tor.ask("GET", "/case")).text
        assert f"Site: http://{ONION}" in (await tor.ask("GET", "/case/receipt.txt")).text
        left = await tor.send("/case/leave", {}, "/case")
        assert left.headers["clear-site-data"] == FORGET_PAGES["Clear-Site-Data"]
        assert WORDS not in (await tor.ask("GET", "/case")).text


@pytest.mark.slow
async def test_the_clear_site_announces_the_onion_service_and_stays_with_https(service):
    headers = {"host": CLEAR, "x-forwarded-proto": "https"}
    async with httpx.AsyncClient(base_url=service, headers=headers, timeout=60) as client:
        page = await client.get("/case?number=AXJX-A5RE")
        assert page.headers["onion-location"] == f"http://{ONION}/case?number=AXJX-A5RE"
        assert "max-age" in page.headers["strict-transport-security"]
        assert ONION not in page.text
