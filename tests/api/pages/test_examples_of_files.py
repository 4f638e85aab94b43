"""Each form that takes a file has an example of it, and its own upload takes the example."""

import html
import re
from types import FunctionType

import pytest

from api import clock
from api.pages import forms
from survey.scrutiny.records import example_table, read_records
from survey.scrutiny.rules import READY_RULES, Condition, DrawPart, DrawRule
from survey.store.scrutiny import meetings
from survey.store.surveys import instruments
from survey.surveys import samples
from tests.api.pages.forms import send, token_on
from tests.api.pages.organiser import test_asking as asking
from tests.people import CINDY, JOAN
from tests.stored.scrutiny_meetings import save_panel

SURVEY, FILE = "/work/surveys/{slug:str}", "/work/surveys/{slug:str}/files/{name:str}"
CODES = f"{SURVEY}/limits/codes.csv"
MEETING = "/work/scrutiny/meetings/{meeting:uuid}"
BOOK = "/work/themes/codebook"
# Where the example of each upload is; of the rest, why there is none.
EXAMPLES = {
    "/work/files": "/work/files/deployments.csv",
    f"{MEETING}/file": f"{MEETING}/example.csv",
    f"{BOOK}/draft/import": f"{BOOK}/versions/{{version:int}}/codebook.csv",
    "/work/surveys": FILE,
    "/work/builder/import": FILE,
    "/work/move": "/work/move/{slug:str}/survey.zip",
    f"{SURVEY}/uploads/check": f"{SURVEY}/answers.csv",
    f"{SURVEY}/limits/sample": f"{SURVEY}/limits/sample.csv",
    f"{SURVEY}/limits/letters.pdf": CODES,
    f"{SURVEY}/encounters": f"{SURVEY}/encounters/example.csv",
    f"{SURVEY}/encounters/waves/{{wave:uuid}}/reminder": CODES,
    f"{SURVEY}/encounters/waves/{{wave:uuid}}/messages": CODES,
    f"{SURVEY}/fieldwork/points": f"{SURVEY}/fieldwork/points.csv",
    f"{SURVEY}/fieldwork/visits": f"{SURVEY}/fieldwork/visits.csv",
}
WITHOUT = {
    "/work/builder/{slug:str}/report": "its two columns are named at the field",
    "/work/files/mappings": "it is downloaded where somebody saved it",
    f"{SURVEY}/share/who-asks": "it is a picture",
}

MADE_UP = samples.example_codes("")[1][0].encode()


def takes_file(function, seen):
    """Whether a function of ours reads a file that was sent, itself or through others."""
    if function is forms.read_file or "UploadFile" in function.__code__.co_names:
        return True
    if function in seen or not function.__module__.startswith("api."):
        return False
    seen.add(function)
    used = [function.__globals__.get(name) for name in function.__code__.co_names]
    return any(takes_file(one, seen) for one in used if isinstance(one, FunctionType))


def uploads(app):
    return {
        route.path
        for route in app.routes
        for handler in getattr(route, "route_handlers", ())
        if route.path.startswith("/work") and "POST" in handler.http_methods
        if takes_file(handler.fn, set())
    }


async def test_each_upload_has_an_example_or_says_why_not(app):
    assert uploads(app) == {*EXAMPLES, *WITHOUT}
    assert {*EXAMPLES.values()} <= {route.path for route in app.routes}


async def take(client, page, link, address, *, code=b"", **fields):
    """Download the example that a page links to, and upload it there, with a code of one's own in
    place of the one that is made up.
    """
    shown = html.unescape((await client.get(page)).text)
    [example] = set(re.findall(rf'href="([^"]*{re.escape(link)})"', shown))
    content = (await client.get(example)).content.replace(MADE_UP, code or MADE_UP)
    form = {"_csrf_token": await token_on(client, "/work")} | fields
    name = link.rpartition("/")[2]
    return await client.post(address, data=form, files={"file": (name, content)})


@pytest.mark.parametrize("kind", ["deployments", "perception"])
async def test_files_of_figures(signed_in, kind):
    cindy = await signed_in(CINDY)
    today = clock.today()
    day = {"known-day": today.day, "known-month": today.month, "known-year": today.year}
    taken = await take(cindy, "/work/files", f"{kind}.csv", "/work/files", kind=kind, **day)
    assert 'id="imported-title"' in taken.text, taken.text


async def test_the_file_of_a_panel(signed_in, db):
    cindy = await signed_in(CINDY)
    meeting = await meetings.insert_meeting(
        db.the_connection, await save_panel(db.the_connection), clock.today()
    )
    address = f"/work/scrutiny/meetings/{meeting}"
    await send(cindy, f"{address}/seed", {"later": "yes"})
    taken = await take(cindy, address, "example.csv", f"{address}/file")
    assert taken.status_code == 303, taken.text
    assert len(await meetings.load_records(db.the_connection, meeting)) == 1


NUMBERED = DrawRule(
    reference="Number",
    strata=(DrawPart(name="Old", conditions=(Condition(columns=("Age",), least=65),), take=1),),
)


@pytest.mark.parametrize("rule", [*READY_RULES.values(), NUMBERED])
def test_the_example_of_each_rule_is_a_record_of_its_first_part(rule):
    table = example_table(rule, clock.today())
    if not table[0]:
        return
    content = "\n".join(",".join(f'"{cell}"' for cell in row) for row in table).encode()
    [(_, cells)] = read_records("example.csv", content, rule)
    assert (*rule.always, *rule.strata)[0].fits(cells)


async def test_a_codebook(signed_in):
    cindy = await signed_in(CINDY)
    await send(cindy, f"{BOOK}/draft")
    page = await cindy.get(f"{BOOK}/draft/import")
    revision = re.search(r'name="revision" value="(\d+)"', page.text)[1]
    address = f"{BOOK}/draft/import"
    taken = await take(cindy, address, "/codebook.csv", address, revision=revision)
    assert taken.status_code == 200, taken.text
    assert "There is a problem" not in taken.text


async def test_surveys_of_other_programs(signed_in):
    joan = await signed_in(JOAN)
    taken = await take(joan, "/work/builder", "survey.xlsx", "/work/builder/import")
    assert taken.status_code == 303, taken.text


async def test_letters_and_text_messages(db, signed_in):
    await instruments.insert(db.the_connection, asking.MET)
    joan = await signed_in(JOAN)
    [first, *_] = await asking.make_wave(joan, asking.file_of(12))
    code = first["code"].encode()
    wave = re.search(r"/waves/([0-9a-f-]{36})/messages", (await joan.get(asking.PAGE)).text)[1]
    messages = f"{asking.PAGE}/waves/{wave}/messages"
    reminder = f"{asking.PAGE}/waves/{wave}/reminder"
    taken = await take(joan, asking.PAGE, "/codes.csv", messages, code=code)
    assert taken.text.splitlines()[1].startswith("07700900000,http"), taken.text
    reminded = await take(joan, asking.PAGE, "/codes.csv", reminder, code=code)
    assert first["code"] in reminded.text.splitlines()[1], reminded.text
    limits = asking.PAGE.replace("encounters", "limits")
    letters = await take(joan, limits, "/codes.csv", f"{limits}/letters.pdf")
    assert letters.content.startswith(b"%PDF"), letters.text
