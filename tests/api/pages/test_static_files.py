"""Styles, scripts and fonts are sent once: compressed once, kept by browsers, never out of date."""

import gzip
import re

import brotli
import pytest

from api.pages import public_copies
from api.pages.public_copies import KEEP_A_YEAR, STATIC, static_address, static_version
from tests.api.pages.watching import read_raw

STYLES = (STATIC / "app.css").read_bytes()
ENCODINGS = [("br", brotli.decompress), ("gzip", gzip.decompress)]


async def test_a_page_names_each_file_by_an_address_that_browsers_keep_for_a_year(client, db):
    pages = [(await client.get(address)).text for address in ("/", "/reports")]
    found = {one for page in pages for one in re.findall(r'(?:href|src)="(/static/[^"]+)"', page)}
    assert static_address("app.css") in found
    for address in found:
        answer = await client.get(address)
        assert answer.status_code == 200, address
        assert answer.headers["cache-control"] == KEEP_A_YEAR
        assert answer.headers["x-content-type-options"] == "nosniff"
    # The fonts of the styles are named by their own place, and so by the version as well.
    assert b"url(atkinson.woff2)" in STYLES
    font = static_address("app.css").replace("app.css", "atkinson.woff2")
    assert (await client.get(font)).headers["content-type"] == "font/woff2"


@pytest.mark.parametrize("address", ["/static/app.css", "/static/0123456789ab/app.css"])
async def test_without_our_version_a_file_is_asked_for_each_time(client, db, address):
    answer = await client.get(address)
    assert answer.content == STYLES
    assert answer.headers["cache-control"] == "public, no-cache"
    again = await client.get(address, headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(("encoding", "decode"), ENCODINGS)
async def test_a_file_comes_compressed_and_its_tag_names_the_encoding(app, encoding, decode):
    headers, raw = await read_raw(app, static_address("app.css"), f"deflate, {encoding};q=0.8")
    assert headers["content-encoding"] == encoding
    assert len(raw) < 20_000
    assert decode(raw) == STYLES
    assert headers["vary"] == "Accept-Encoding"
    assert headers["etag"].endswith(f'-{encoding}"')


@pytest.mark.parametrize("accepted", ["br;q=0", "br;q=0.0, gzip; q=0.000", "identity"])
async def test_a_client_that_accepts_no_encoding_gets_the_file_itself(client, accepted):
    answer = await client.get(static_address("app.css"), headers={"accept-encoding": accepted})
    assert "content-encoding" not in answer.headers
    assert answer.content == STYLES


async def test_a_file_is_compressed_once(client, monkeypatch):
    public_copies.compress_once.cache_clear()
    await client.get(static_address("app.js"))
    monkeypatch.setattr(public_copies, "encode", None)
    assert (await client.get(static_address("app.js"))).status_code == 200


@pytest.mark.parametrize("tags", ['W/"{}"', '"other", "{}-gzip"', '"x",W/"{}-br"'])
async def test_whoever_has_a_file_gets_304_however_the_tag_is_written(client, tags):
    tag = public_copies.load_static_files()["app.css"].tag
    header = {"if-none-match": tags.format(tag)}
    assert (await client.get(static_address("app.css"), headers=header)).status_code == 304


@pytest.mark.parametrize("name", ["nothing.css", "../shell.py", "%2e%2e/reader.py", "", "fonts"])
async def test_what_is_no_file_of_ours_is_not_found(client, db, name):
    for address in (f"/static/{name}", f"/static/{static_version()}/{name}"):
        assert (await client.get(address)).status_code in (404, 405)


def test_what_an_editor_leaves_beside_the_files_is_not_served(tmp_path, monkeypatch):
    """It ended every page."""
    (tmp_path / "app.css").write_text("p {}")
    (tmp_path / ".app.css.swp").write_bytes(b"")
    monkeypatch.setattr(public_copies, "STATIC", tmp_path)
    assert list(public_copies.load_static_files.__wrapped__()) == ["app.css"]


def test_every_file_beside_them_is_of_a_type_that_is_served():
    there = {file.relative_to(STATIC).as_posix() for file in STATIC.rglob("*") if file.is_file()}
    assert there == set(public_copies.load_static_files())


def test_the_address_of_a_file_that_is_not_there_is_a_mistake_of_ours():
    with pytest.raises(KeyError):
        static_address("nothing.css")
