"""No page, form, file or text of another place has the words of London in it."""

import collections
import io
import json
import re
import zipfile
from urllib.parse import urljoin

import pypdfium2
import pytest
from lxml import html
from msgspec.structs import replace

from analysis.editions import make_edition
from api import locales
from api.locales import LOCALES
from api.operations import foundations
from api.pages import public_copies
from api.paper import words as paper_words
from survey.sentences import with_strings
from survey.sources.places import LONDON as LONDON_FILES
from survey.sources.places import read_city
from survey.store import places
from survey.words import LONDON, in_local_words, use_words
from tests.analysis.editions.made_up_edition import sample
from tests.analysis.editions.simulated_inputs import BOROUGHS, inputs_of_city
from tests.api.pages import whole_site
from tests.api.pages.found_forms import Routes
from tests.conftest import roll_back_at_end
from tests.other_county import write_county
from tests.people import JOAN
from tests.stored.published_editions import save_and_publish

LONDONS = re.compile(
    r"(?i:borough|\bLondon|Metropolitan|MOPAC|\bE8\b|Hackney|Camden|postcode)|[Tt]he Met\b|\bMPS\b"
)
# What tests have named so, names that programs use, cells of spreadsheets and addresses.
OURS = re.compile(
    r"Hackney panel|Multicultural London English|https?://\S+|\b\w+_boroughs?\b|\bboroughs?_\w+"
    r"|<c r=\S+|\w+:borough|select_one boroughs"
)
# What has London's words on purpose, on which pages, and why: what matches is not looked at.
EXAMPLES = r"(?s).*"  # What people wrote, made up for the first codebook; machines learn from it.
RULE = r"Borough|Newham|Hackney|the Met’s file"  # The Met's file, whose rule comes with panels.
SOURCE = r"(?s).*"  # The names of sources, as their publishers write them.
CONTRACT = r"[Bb]oroughs?|postcode"  # Heads and names that programs read.
OF_LONDON = {
    "/work/themes/codebook/draft/themes/{theme:str}": EXAMPLES,
    "/work/themes/codebook/draft/themes/{theme:str}/split": EXAMPLES,
    "/work/themes/codebook/versions/{version:int}": EXAMPLES,
    "/work/themes/codebook/versions/{version:int}/codebook.csv": EXAMPLES,
    "/work/scrutiny/panels/{panel:uuid}/rule": RULE,
    "/work/scrutiny/meetings/{meeting:uuid}": RULE,
    "/work/scrutiny/meetings/{meeting:uuid}/records/{number:int}": RULE,
    "/work/scrutiny/meetings/{meeting:uuid}/records/{number:int}/mask": RULE,
    "/work/scrutiny/meetings/{meeting:uuid}/draw.json": RULE,
    "/scrutiny/{meeting:uuid}/draw.json": RULE,
    "/work/scrutiny/meetings/{meeting:uuid}/example.csv": RULE,
    "/work/scrutiny/new": RULE,
    # The columns of a file, as it came.
    "/work/files/tables/{ident:str}/columns": "Borough|Hackney",
    "/work/recommendations": SOURCE,
    "/work/builder/{slug:str}/bank": SOURCE,
    "/work/builder/{slug:str}/files/{name:str}": CONTRACT,
    "/work/surveys/{slug:str}/limits/codes.csv": CONTRACT,
    "/work/surveys/{slug:str}/encounters/example.csv": CONTRACT,
    "/case/copy.json": CONTRACT,
    # An example of the file of MOPAC, whose importer is London's.
    "/work/files/perception.csv": "Borough|MPS",
    "/work/gallery": r"(?s).*",  # Drawings of made-up figures, for whoever changes the charts.
}
# Names of tables and columns of an edition, by which programs find figures.
NAMES_OF_FIGURES = (
    r'"(?:message|plural)":"[^"]*"|response[_ ]by[_ ]borough|boroughs with answers|\w+-borough'
    r"|\bborough,"
)
PAGES_OF_EDITIONS = ("/", "/reports", "/reports/boroughs", "/reports/themes", "/explore", "/method")
IN_LANGUAGES = [f"?lang={code}" for code in LOCALES if code != "en"]
PER_ROUTE = 2
NOT_FOLLOWED = re.compile(r"/exit$|^/(static|docs|health|logo|method)|^/work/.*(sign-out)")


def forget_words():
    """Forget what the process has put into words for the place so far."""
    paper_words.form_words.cache_clear()
    public_copies.PARTS.clear()
    locales.item_subjects.cache_clear()


@pytest.fixture
async def db(request, connection, swept, tmp_path):
    has_postcodes = getattr(request, "param", True)
    async with roll_back_at_end(connection, "repeatable_read") as one:
        folder = write_county(tmp_path / "county", has_postcodes=has_postcodes)
        await foundations.load_city(connection, folder)
        forget_words()
        use_words((await places.get_city(connection)).words)
        yield one
        use_words(LONDON)
        forget_words()


def london_in(text):
    text = OURS.sub("…", text)
    return [text[max(0, found.start() - 40) : found.end() + 30] for found in LONDONS.finditer(text)]


def shown_text(page):
    """What people see or hear of a page, without addresses and names of fields."""
    tree = html.fromstring(page)
    said = tree.xpath(
        "//text()[not(ancestor::script or ancestor::style)]"
        " | //@aria-label | //@title | //@alt | //@placeholder | //meta/@content"
        " | //input[@type='submit']/@value | //*[@data-said]/@data-said"
    )
    return "\n".join(" ".join(part.split()) for part in said)


def texts_in(document, *, is_said=False):
    """The descriptions and examples of the API's document."""
    if isinstance(document, dict):
        for name, part in document.items():
            yield from texts_in(part, is_said=is_said or name in ("description", "examples"))
    elif isinstance(document, list):
        for part in document:
            yield from texts_in(part, is_said=is_said)
    elif is_said and isinstance(document, str):
        yield document


def text_of(answer):
    kind = answer.headers.get("content-type", "").partition(";")[0]
    if kind == "text/html":
        return shown_text(answer.text)
    return file_text(kind, answer.content)


def file_text(kind, body):
    if kind == "application/pdf":
        sheets = pypdfium2.PdfDocument(body)
        return "\n".join(sheet.get_textpage().get_text_range() for sheet in sheets)
    if body[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            return "\n".join(file_text("", packed.read(name)) for name in packed.namelist())
    try:
        return re.sub(r"<[^>]+>", "\n", body.decode()) if kind.endswith("xml") else body.decode()
    except UnicodeDecodeError:
        return ""


async def read_site(app, client, starts, opened):
    """Each address that links lead to from `starts`, with what London's words it has."""
    pages = Routes(app, "GET")
    waiting, seen = collections.deque(starts), set()
    while waiting:
        address = waiting.popleft()
        route = pages.of(address)
        enough = opened[route] >= PER_ROUTE and address not in starts
        if (
            address in seen
            or not route
            or enough
            or (NOT_FOLLOWED.search(address) and address not in starts)
        ):
            continue
        seen.add(address)
        opened[route] += 1
        answer = await client.get(address, follow_redirects=True)
        yield route, address, answer
        if answer.headers.get("content-type", "").startswith("text/html"):
            here = answer.url.raw_path.decode()
            links = (urljoin(here, one) for one in html.fromstring(answer.text).xpath("//a/@href"))
            waiting.extend(one.partition("#")[0] for one in links if one.startswith("/"))


def of_the_county(edition, city):
    """A made-up edition of London as one of the county."""
    ours, _, _ = read_city(LONDON_FILES)
    names = {area.name: city.find(area.code).name for area in ours.local_areas()}
    shorts = {area.short: city.find(area.code).short for area in ours.local_areas()}

    def renamed(text):
        text = shorts.get(text, text)
        for before, after in names.items():
            text = text.replace(before, after)
        return in_local_words(text)

    return with_strings(edition, renamed)


@pytest.mark.slow
async def test_no_page_of_another_place_has_londons_words(app, db, signed_in, monkeypatch):
    city = await places.get_city(db.the_connection)
    monkeypatch.setattr(whole_site, "sample", lambda **given: of_the_county(sample(**given), city))
    found, opened = collections.defaultdict(list), collections.Counter()
    joan = await signed_in(JOAN)
    visitors = [(joan, [one for begin in whole_site.STAFF for one in await begin(joan, db)])]
    browsers = [whole_site.browser(app) for _ in whole_site.RESIDENTS]
    for client, begin in zip(browsers, whole_site.RESIDENTS, strict=True):
        visitors.append((client, await begin(client, db)))
    for client, starts in visitors:
        async for route, address, answer in read_site(app, client, starts, opened):
            text = re.sub(OF_LONDON.get(route, "(?!)"), "…", text_of(answer))
            found[route] += [(address, said) for said in london_in(text)]
    assert {route: said for route, said in found.items() if said} == {}
    assert [route for route in OF_LONDON if route not in opened] == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["weekly", "monthly"])
async def test_no_edition_of_another_place_has_londons_words(app, client, db, kind):
    city = await places.get_city(db.the_connection)
    areas = tuple(
        replace(area, name=f"Place {n}", column=n % 8 + 1, row=n // 8 + 1)
        for n, area in enumerate(BOROUGHS)
    )
    inputs = inputs_of_city(kind=kind, city=city.name, words=city.words, areas=areas)
    edition = make_edition(inputs)
    await save_and_publish(db.the_connection, edition)
    starts = [f"{page}{ask}" for page in PAGES_OF_EDITIONS for ask in ("", *IN_LANGUAGES)]
    found, opened = {}, collections.Counter()
    async for _route, address, answer in read_site(app, client, starts, opened):
        assert answer.status_code < 500, address
        if said := london_in(re.sub(NAMES_OF_FIGURES, "…", text_of(answer))):
            found[address] = said
    assert found == {}
    # Downloads are among what was read.
    base = "/reports/{kind:str}/{start:date}"
    files = ("pdf", "csv", "json", "xlsx")
    assert {f"{base}/edition.{ending}" for ending in files} <= {*opened}


async def test_the_api_says_what_the_place_says(client, db):
    document = (await client.get("/docs/openapi.json")).json()
    said = json.dumps([*texts_in(document)])
    assert london_in(said) == []
    sent = await client.post("/api/v1/surveys/feedback/responses", json={"answers": {}})
    refused = sent.json()
    assert (refused["detail"], london_in(re.sub(CONTRACT, "…", sent.text))) == (
        "We need to know which district this is about.",
        [],
    )


@pytest.mark.parametrize("db", [False], indirect=True)
async def test_nobody_is_asked_for_a_postcode_where_there_are_none(client, db):
    for form in ("/surveys/feedback", "/complaints", "/about/privacy"):
        page = shown_text((await client.get(form)).text)
        assert re.findall("ZIP|postcode", page) == [], form
    begun = await client.post("/surveys/feedback", data={"answer": ""}, follow_redirects=True)
    assert 'name="postcode"' not in begun.text
    asked = await client.post(begun.url.path, data={"answer": ""}, follow_redirects=True)
    assert "Select a district" in asked.text
    sent = await client.post(
        "/api/v1/surveys/feedback/responses", json={"postcode": "E8 1EA", "answers": {}}
    )
    assert sent.json()["remedy"] == "Choose the district."
