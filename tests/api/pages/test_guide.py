"""The guide is served from its folder, nothing beside it is, and its policy fits its pages."""

import base64
import hashlib

import pytest

from api.pages import public_copies
from api.pages.public_copies import guide_policy

SCRIPT = "document.body.dataset.theme = 'auto';"
PAGE = f"<!doctype html><html lang=en><body><script>{SCRIPT}</script><h1>The guide</h1></body>"


@pytest.fixture
def site_folder(tmp_path, monkeypatch):
    """A guide of one page and a picture, beside a file that is none of it."""
    folder = tmp_path / "guide"
    (folder / "pictures").mkdir(parents=True)
    (folder / "index.html").write_text(PAGE)
    (folder / "pictures/phone.png").write_bytes(b"\x89PNG")
    (folder / "settings.env").write_text("SOUNDINGS_SECRET=x")
    (tmp_path / "secret.html").write_text("not of the guide")
    monkeypatch.setattr(public_copies, "GUIDE", folder)
    guide_policy.cache_clear()
    yield folder
    guide_policy.cache_clear()


async def test_the_address_leads_to_the_first_page(client, site_folder):
    answer = await client.get("/guide", follow_redirects=False)
    assert answer.headers["location"] == "/guide/index.html"
    page = await client.get("/guide/index.html")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert page.text == PAGE


async def test_the_policy_allows_the_one_script_that_the_pages_have(client, site_folder):
    policy = (await client.get("/guide/index.html")).headers["content-security-policy"]
    digest = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    assert f"script-src 'self' 'sha256-{digest}';" in policy
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy


async def test_a_browser_asks_each_time_and_is_told_that_its_copy_is_right(client, site_folder):
    first = await client.get("/guide/pictures/phone.png")
    assert first.headers["cache-control"] == "public, no-cache"
    again = await client.get(
        "/guide/pictures/phone.png", headers={"if-none-match": first.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "name",
    [
        "nothing.html",
        "../secret.html",
        "%2e%2e/secret.html",
        "settings.env",
        "pictures",
        "a%00.html",
    ],
)
async def test_what_is_no_page_of_the_guide_is_not_found(client, site_folder, name):
    assert (await client.get(f"/guide/{name}")).status_code == 404


async def test_a_guide_that_was_never_built_says_how_to_build_it(client, tmp_path, monkeypatch):
    monkeypatch.setattr(public_copies, "GUIDE", tmp_path / "nowhere")
    answer = await client.get("/guide/index.html")
    assert answer.status_code == 404
    assert "has not been built" in answer.text
