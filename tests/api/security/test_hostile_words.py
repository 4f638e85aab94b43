"""Nonsense in an address or a form field is refused on every route, never answered with a 5xx."""

import datetime
import inspect
import re
import sys
from urllib.parse import urlencode

import httpx
import pytest
from litestar import Litestar, post

from api.pages.work import FromPage
from api.security.requests import UncachedRequest
from tests.api.pages.forms import send, token_on
from tests.api.security.test_roles import ALLOWED, NOBODY, PATH_VALUES, all_routes, filled_path
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
# They need another isolation level than the transaction of a test.
OWN_TRANSACTION = {f"/work/surveys/{{slug:str}}/answers.{kind}" for kind in ("csv", "zip")}
OWN_TRANSACTION |= {"/work/move/{slug:str}/survey.zip"}
QUERY_NAME = re.compile(r'(?:query_params|query|asked|given|params)(?:\.get)?[\[(]"(\w+)"')
PATH_PARAMETER = re.compile(r"\{(\w+):\w+\}")


def query_names(app):
    """For each GET route, the query parameters that its code reads, found in its source."""
    found = {}
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            if "GET" not in handler.http_methods or route.path in OWN_TRANSACTION:
                continue
            taken = inspect.signature(handler.fn).parameters
            names = {name for name, one in taken.items() if one.annotation is not FromPage}
            module = sys.modules[handler.fn.__module__]
            names |= set(QUERY_NAME.findall(inspect.getsource(module)))
            found[route.path] = sorted(names - set(PATH_PARAMETER.findall(route.path)) - INJECTED)
    return found


INJECTED = {"request", "database", "person", "keyring", "walk", "quarantine", "state", "data"}
ALWAYS = ["lang", "start", "end", "as_of", "since", "until", "version", "after", "limit", "number",
          "period", "words", "theme", "area", "page", "files"]  # fmt: skip


@pytest.fixture
async def joan(signed_in):
    return await signed_in(JOAN)


async def server_failures(client, addresses):
    found = {}
    for one in addresses:
        answer = await client.get(one)
        if answer.status_code >= 500 and answer.status_code != 503:
            found[one] = answer.status_code
    return found


@pytest.mark.slow
async def test_no_query_makes_us_fail(city, joan, app):
    """What a route's own code reads gets every value, what code elsewhere may read two of them.

    Which two changes from route to route, so that each name meets every value on some of them.
    """
    addresses = []
    for place, (path, names) in enumerate(query_names(app).items()):
        others = sorted({*ALWAYS} - set(names)) if names else []
        given = [(name, value) for name in names for value in HOSTILE]
        for number, name in enumerate(others, place):
            given += [(name, HOSTILE[at % len(HOSTILE)]) for at in (number, number + 7)]
        addresses += [f"{filled_path(path)}?{name}={value}" for name, value in given]
    assert len(addresses) > 1_000
    assert await server_failures(joan, addresses) == {}


@pytest.mark.slow
async def test_no_path_makes_us_fail(city, joan, app):
    gets = [route.split()[1] for route in all_routes(app) if route.startswith("GET")]
    addresses = []
    for path in gets:
        for name in PATH_PARAMETER.findall(path):
            for value in HOSTILE:
                filled = PATH_VALUES | {name: value or "x"}
                addresses.append(PATH_PARAMETER.sub(lambda found, f=filled: f[found[1]], path))
    assert await server_failures(joan, addresses) == {}


@pytest.mark.parametrize("value", ["\0", "a\0b", "9" * 40, "9999-12-31", "\ufffd", "0001-01-01"])
async def test_no_field_of_a_public_form_makes_us_fail(client, value):
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
    client.headers["accept-encoding"] = "identity"  # compression changes the length
    await client.get(path)
    got, head = await client.get(path), await client.head(path)
    assert head.status_code == got.status_code == 200
    assert head.content == b""
    assert head.headers["content-type"] == got.headers["content-type"]
    assert head.headers["content-length"] == str(len(got.content))


@pytest.mark.slow
async def test_head_answers_wherever_get_does(joan, app):
    wrong = {}
    for route in sorted(all_routes(app)):
        method, path = route.split()
        if method == "GET":
            answer = await joan.head(filled_path(path))
            if answer.status_code == 405 or answer.content:
                wrong[path] = answer.status_code
    assert wrong == {}


async def test_head_of_an_address_with_only_post_is_refused(client):
    assert (await client.head("/api/v1/complaints")).status_code == 405


FIELD = re.compile(r"""(?:get|getall|first|pop)\((?:\w+, )?"([a-z][\w-]*)\"|form\["([\w-]+)"\]""")


def form_names(app):
    """For each POST route, the form fields that its code reads, found in its source."""
    found = {}
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            if "POST" not in handler.http_methods or route.path.startswith("/api/"):
                continue
            source = inspect.getsource(sys.modules[handler.fn.__module__])
            names = {one or other for one, other in FIELD.findall(source)}
            found[route.path] = sorted(names | {"file", "words", "reason", "name"})
    return found


FILE = ("a\0b.csv", b"slug,\0\n1,2\n", "text/csv")


@pytest.mark.slow
@pytest.mark.parametrize("way", ["fields", "parts", "file"])
async def test_a_nul_in_any_field_of_any_form_is_never_a_failure(city, joan, app, db, way):
    """All fields at once, then each alone, as an administrator; each request is rolled back."""
    fields = form_names(app)
    assert len(fields) > 80
    token, wrong, unread = await token_on(joan, "/work"), {}, set()
    for path, names in fields.items():
        if path.startswith("/sign-out"):
            continue
        for chosen in ([*names], *([one] for one in names)):
            form = {"_csrf_token": token} | dict.fromkeys(chosen, "a\0b")
            given = {"data": form}
            if way == "parts":
                given = {"files": [(name, (None, value)) for name, value in form.items()]}
            if way == "file":
                given = {"data": form, "files": {"file": FILE, "evidence": FILE}}
            before = db.the_connection.transaction()
            await before.start()
            answer = await joan.post(filled_path(path), **given)
            await before.rollback()
            if answer.status_code >= 500 and answer.status_code != 503:
                wrong[path, *chosen] = answer.status_code
            # Of a built-in survey, which is that of these paths, nobody may send some of them.
            refused = answer.status_code == 403 and ALLOWED[f"POST {path}"] != NOBODY
            if refused and path.startswith("/work"):
                unread.add(path)
    assert wrong == {}
    assert unread == set()  # otherwise the form was refused before it was read


@pytest.mark.parametrize("place", ["/work/builder/import", "/work/surveys"])
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", '{"title": "a\\u0000b", "elements": [{"type": "text", "name": "q\\u0000"}]}'),
        ("b.json", '{"slug": "nul", "version": 1, "kind": "survey", "title": {"en": "a\\u0000b"}}'),
        ("c\0.csv", "type,name,label\ntext,q\0,What\0?\n"),
    ],
)
async def test_a_nul_in_the_file_of_a_survey_is_no_failure_of_ours(joan, place, name, text):
    files = {"file": (name, text.encode(), "application/json")}
    answer = await send(joan, place, files=files)
    assert answer.status_code in {303, 400, 413, 422}, answer.text


async def test_a_nul_leaves_every_field_however_it_came():
    """Also in multipart forms, and in names of fields and files; all else stays as typed."""

    async def echo(request: UncachedRequest) -> list[list[str]]:
        form = await request.form()
        return [[name, getattr(value, "filename", value)] for name, value in form.items()]

    room = Litestar([post("/")(echo)], request_class=UncachedRequest)
    transport = httpx.ASGITransport(room)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        typed = [("words", "a\0b"), ("words", "c"), ("na\0me", " d\0 ")]
        clean = [["words", "ab"], ["words", "c"], ["name", " d "]]
        plain = {"content-type": "application/x-www-form-urlencoded"}
        answer = await client.post("/", content=urlencode(typed), headers=plain)
        assert answer.json() == clean
        parts = [(f'name="{name}"', value) for name, value in typed]
        parts += [('name="file"; filename="e\0.csv"', "x\0")]
        raw = "".join(
            f"--cut\r\nContent-Disposition: form-data; {head}\r\n\r\n{value}\r\n"
            for head, value in parts
        )
        in_parts = {"content-type": "multipart/form-data; boundary=cut"}
        answer = await client.post("/", content=f"{raw}--cut--\r\n", headers=in_parts)
        assert answer.json() == [*clean, ["file", "e.csv"]]
