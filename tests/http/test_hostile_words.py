"""Every route answers a word that makes no sense with a refusal, never with a failure of ours."""

import datetime
import inspect
import re
import sys

import pytest

from tests.http.forms import token_on
from tests.http.test_roles import VALUES, address, routes
from tests.people import JOAN

HOSTILE = [
    "%00",
    "a%00b",
    "99999999999999999999",
    "-99999999999999999999",
    "2147483648",
    "9999-12-31",
    "0001-01-01",
    "2026-99-99",
    "%ED%A0%80",
    "%FF",
    "nan",
    "1e400",
    "",
    "'",
]
OTHER_LEVEL = "/work/surveys/{slug:str}/answers.csv"  # needs a transaction of its own kind
ASKED = re.compile(r'(?:query_params|asked|given|params)(?:\.get)?[\[(]"(\w+)"')
PATHS = re.compile(r"\{(\w+):\w+\}")


def queries_of(app):
    """The names that each address with GET asks for in its query, as far as its code tells."""
    found = {}
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            if "GET" not in handler.http_methods or route.path == OTHER_LEVEL:
                continue
            names = set(inspect.signature(handler.fn).parameters)
            module = sys.modules[handler.fn.__module__]
            names |= set(ASKED.findall(inspect.getsource(module)))
            found[route.path] = sorted(names - set(PATHS.findall(route.path)) - NOT_ASKED)
    return found


NOT_ASKED = {"request", "database", "person", "keyring", "walk", "quarantine", "state", "data"}
ALWAYS = ["lang", "start", "end", "as_of", "since", "until", "version", "after", "limit", "number",
          "period", "words", "theme", "area", "page", "files"]  # fmt: skip


@pytest.fixture
async def joan(signed_in):
    return await signed_in(JOAN)


async def failures(client, addresses):
    found = {}
    for one in addresses:
        answer = await client.get(one)
        if answer.status_code >= 500 and answer.status_code != 503:
            found[one] = answer.status_code
    return found


@pytest.mark.slow
async def test_no_query_makes_us_fail(city, joan, app):
    told = queries_of(app)
    addresses = [
        f"{address(path)}?{name}={value}"
        for path, names in told.items()
        for name in (set(names) | ({*ALWAYS} if names else set()))
        for value in HOSTILE
    ]
    assert len(addresses) > 1_000
    assert await failures(joan, addresses) == {}


@pytest.mark.slow
async def test_no_path_makes_us_fail(city, joan, app):
    gets = [route.split()[1] for route in routes(app) if route.startswith("GET")]
    addresses = []
    for path in gets:
        for name in PATHS.findall(path):
            for value in HOSTILE:
                filled = VALUES | {name: value or "x"}
                addresses.append(PATHS.sub(lambda found, f=filled: f[found[1]], path))
    assert await failures(joan, addresses) == {}


@pytest.mark.parametrize("value", ["\0", "a\0b", "9" * 40, "9999-12-31", "\ufffd", "0001-01-01"])
async def test_no_field_of_a_form_at_the_door_makes_us_fail(client, value):
    forms = {
        "/sign-in": ("email", "password"),
        "/case": ("number", "passphrase"),
        "/subscribe": ("email", "kinds"),
        "/complaints/borough": ("answer", "postcode"),
        "/surveys/feedback/borough": ("answer", "postcode"),
    }
    token = await token_on(client, "/sign-in")
    await client.post("/complaints")
    for page, names in forms.items():
        for name in names:
            answer = await client.post(page, data={"_csrf_token": token, name: value})
            assert answer.status_code < 500 or answer.status_code == 503, (page, name)


async def test_a_far_day_and_a_huge_number_are_refused_in_words(joan):
    today = datetime.date(2026, 6, 1)
    for query in ("version=99999999999999999999", f"start={today}&until=9999-12-31", "words=a%00b"):
        answer = await joan.get(f"/work/themes/t01/texts?{query}")
        assert answer.status_code in (200, 400, 404, 422), query
    for page in ("answers", "deployments"):
        assert (await joan.get(f"/work/{page}?end=0001-01-01")).status_code == 200


@pytest.mark.parametrize("path", ["/", "/health", "/complaints", "/surveys", "/reports"])
async def test_head_answers_as_get_does_without_the_body(client, path):
    client.headers["accept-encoding"] = "identity"  # the length of what is compressed is another
    await client.get(path)
    got, head = await client.get(path), await client.head(path)
    assert head.status_code == got.status_code == 200
    assert head.content == b""
    assert head.headers["content-type"] == got.headers["content-type"]
    assert head.headers["content-length"] == str(len(got.content))


async def test_head_answers_wherever_get_does(joan, app):
    wrong = {}
    for route in sorted(routes(app)):
        method, path = route.split()
        if method == "GET":
            answer = await joan.head(address(path))
            if answer.status_code == 405 or answer.content:
                wrong[path] = answer.status_code
    assert wrong == {}


async def test_head_of_what_is_only_sent_to_is_refused(client):
    assert (await client.head("/api/v1/complaints")).status_code == 405
