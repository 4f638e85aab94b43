"""The rules for signing in: email addresses, passwords, links and cookies."""

import httpx
import msgspec
import pytest
from litestar import Request

from api.security import cookies
from api.security import people as people_room
from api.settings import load_settings
from survey.cases.contacts import is_email
from survey.passwords import is_easily_guessed
from survey.problems import Invalid
from survey.store.accounts import people as people_store
from tests.api.pages.forms import send, token_on
from tests.files.uploads import jpeg
from tests.people import AMINA, JOAN


@pytest.mark.parametrize(
    "address",
    ["a@b.example", "joan.adeyemi+police@x-y.example.org", "o'brien@example.co.uk", "x_1@a.museum"],
)
def test_an_address_is_taken(address):
    assert is_email(address)


@pytest.mark.parametrize(
    "address",
    [
        "root;x@y.org",
        "<a>@c.org",
        "(1)victim@x.org",
        "victim(1)@x.org",
        "=?utf-8?q?victim?=@x.org",
        '"victim"@x.org',
        "victim%other.org@x.org",
        "other.org!victim@x.org",
        "a@b@c.org",
        ".a@x.org",
        "a..b@x.org",
        "a@x",
        "a@-x.org",
        "a@x.org\n",
        "a b@x.org",
        "a,b@x.org",
        "a" * 65 + "@x.org",
        "a@" + "x." * 130 + "org",
    ],
)
def test_what_a_mail_server_may_read_otherwise_is_no_address(address):
    assert not is_email(address)


@pytest.mark.parametrize(
    "password",
    [
        "password1234",
        "PassWord!!2026",
        " " * 12,
        "short       ",
        "123456789012",
        "aaaaaaaaaaaa",
        "abababababab",
        "qwertyuiop12",
        "amina@example.org",
        "1qaz2wsx3edc",
        "michael123456",
        "superman12345",
        "dragonball123",
        "summer2026!!!",
        "P@ssw0rd2026",
        "zxcvbnm,./123",
        "AminaExample1999",
        "q1w2e3r4t5y6",
        "abcabcabcabc12",
        "LiverpoolFC1892",
    ],
)
async def test_a_password_that_is_tried_first_is_refused(password):
    with pytest.raises(Invalid):
        await people_room.hash_password(password, "amina@example.org")


@pytest.mark.parametrize(
    "password",
    [
        "otter river lamp",
        "Three Plain words",
        "london summer dragon monkey",
        "x7#Kd9!mQ2vL",
        "tulip-2026-gravel",
        "кошка и дождь",
        "kanzu baridi nyoka",
    ],
)
def test_a_password_that_is_not_tried_first_is_taken(password):
    assert not is_easily_guessed(password, "amina@example.org")


async def test_the_own_address_is_no_password_on_the_page_either(signed_in):
    client = await signed_in(AMINA)
    answer = await send(client, "/work/password", {"new": AMINA[0]}, page="/work/password")
    assert answer.status_code == 422
    assert "too easy to guess" in answer.text


async def test_a_link_never_goes_where_the_request_says(signed_in):
    client = await signed_in(JOAN)
    form = {"email": "new@example.org", "name": "New", "role": "reviewer"}
    token = await token_on(client, "/work/people")
    answer = await client.post(
        "/work/people", data=form | {"_csrf_token": token}, headers={"host": "evil.example"}
    )
    assert "/sign-in/" in answer.text
    assert "evil.example" not in answer.text


def test_cookies_are_for_https_only_where_the_public_address_is(monkeypatch):
    monkeypatch.setenv("SOUNDINGS_PUBLIC_URL", "https://soundings.example.org")
    assert load_settings().secure_cookies
    monkeypatch.setenv("SOUNDINGS_SECURE_COOKIES", "false")
    assert not load_settings().secure_cookies


@pytest.mark.parametrize("secure", [True, False])
async def test_browsers_are_told_to_stay_with_https(client, app, secure):
    before = app.state.settings
    app.state.settings = msgspec.structs.replace(before, secure_cookies=secure)
    found = (await client.get("/health")).headers
    app.state.settings = before
    assert ("strict-transport-security" in found) is secure


@pytest.mark.parametrize("address", ["/case/evidence", "/sign-in", "/case"])
async def test_files_for_no_case_are_not_read(client, address):
    begun = []

    async def body():
        begun.append(True)
        yield jpeg()

    await token_on(client, "/sign-in")
    kind = {"content-type": "multipart/form-data; boundary=x"}
    answer = await client.post(address, content=body(), headers=kind)
    assert answer.status_code == 403
    assert not begun


@pytest.fixture
def over_https(app):
    before = app.state.settings
    app.state.settings = msgspec.structs.replace(before, secure_cookies=True)
    yield
    app.state.settings = before


def cookies_set(answer):
    return answer.headers.get_list("set-cookie")


async def test_every_cookie_over_https_is_of_this_host_alone(app, db, over_https):
    """Choose a language, start a draft, sign in and out again, as a browser does."""
    seen = []
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="https://test") as client:
        seen += cookies_set(await client.get("/?lang=ar"))
        assert 'lang="ar"' in (await client.get("/")).text
        begun = await send(client, "/complaints", page="/case")
        assert begun.status_code == 303, begun.text
        seen += cookies_set(begun)
        assert (await client.get(begun.headers["location"])).status_code == 200
        account = await people_store.by_email(db.the_connection, JOAN[0])
        link = await people_room.create_sign_in_link(db.the_connection, account.id)
        arrived = await send(client, f"/sign-in/{link}", page=f"/sign-in/{link}")
        assert (await client.get("/work")).status_code == 200
        left = await send(client, "/sign-out", page="/work")
        seen += cookies_set(arrived) + cookies_set(left)
        assert (await client.get("/work")).status_code == 302
        assert "__Host-soundings_csrf" in client.cookies
        assert not [name for name in client.cookies if name.startswith("__Host-soundings_draft")]
    assert {one.split("=")[0] for one in seen} == {
        "__Host-soundings_language",
        "__Host-soundings_draft.complaints",
        "__Host-soundings_session",
        "__Host-soundings_unsent",
    }
    for one in seen:
        assert "Path=/;" in one + ";", one
        assert "Secure" in one, one
        assert "Domain" not in one, one


async def test_a_plain_name_opens_nothing_over_https(app, db, over_https):
    """A plain HTTP page or another site under the same domain could plant such a cookie."""
    account = await people_store.by_email(db.the_connection, JOAN[0])
    key = await people_room.begin_session(db.the_connection, account.id)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    for name, status in (("soundings_session", 401), ("__Host-soundings_session", 200)):
        async with httpx.AsyncClient(transport=transport, base_url="https://test") as client:
            answer = await client.get("/work", headers={"cookie": f"{name}={key}"})
            assert (answer.status_code == 200) is (status == 200)


async def test_names_are_plain_without_https(client):
    found = cookies_set(await client.get("/?lang=ar")) + cookies_set(await client.get("/sign-in"))
    assert [one.split("=")[0] for one in found] == ["soundings_language", "soundings_csrf"]
    assert not [one for one in found if "Secure" in one]


@pytest.mark.parametrize("secure", [True, False])
async def test_drafts_of_two_surveys_and_an_opened_case_have_cookies_of_their_own(app, secure):
    asking = Request({"type": "http", "app": app, "litestar_app": app, "headers": []})
    before = app.state.settings
    app.state.settings = msgspec.structs.replace(before, secure_cookies=secure)
    made = [
        cookies.build_cookie(asking, cookies.DRAFT, "a", path="/surveys/feedback"),
        cookies.build_cookie(asking, cookies.DRAFT, "b", path="/surveys/taser-trial"),
        cookies.build_cookie(asking, cookies.CASE, "c", path="/case"),
    ]
    app.state.settings = before
    assert len({(one.key, one.path) for one in made}) == 3
    assert {one.path == "/" for one in made} == {secure}
    assert {one.key.startswith("__Host-") for one in made} == {secure}
