"""No page, form, file or text of another place has the words of London in it."""

import collections
import io
import re
import zipfile
from urllib.parse import urljoin

import pypdfium2
import pytest
from lxml import html

from api import locales
from api.operations import foundations
from api.pages import public_copies
from api.paper import words as paper_words
from survey.sentences import with_strings
from survey.sources.places import LONDON as LONDON_FILES
from survey.sources.places import read_city
from survey.store import places
from survey.words import LONDON, in_local_words, use_words
from tests.analysis.editions.made_up_edition import sample
from tests.api.pages import whole_site
from tests.api.pages.found_forms import Routes
from tests.conftest import roll_back_at_end
from tests.other_county import write_county
from tests.people import JOAN

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
PER_ROUTE = 2
NOT_FOLLOWED = re.compile(
    r"/exit$|[?&]lang=|^/(static|docs|health|logo|method)|^/work/.*(sign-out)"
)


def forget_words():
    """Forget what the process has put into words for the place so far."""
    paper_words.form_words.cache_clear()
    public_copies.PARTS.clear()
    locales.item_subjects.cache_clear()


@pytest.fixture
async def db(connection, swept, tmp_path):
    async with roll_back_at_end(connection, "repeatable_read") as one:
        await foundations.load_city(connection, write_county(tmp_path / "county"))
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
        if address in seen or not route or enough or NOT_FOLLOWED.search(address):
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
