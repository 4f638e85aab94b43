"""Every form on every page, when refused, keeps what was typed and says what is wrong.

The forms are found by following links, so new ones are tested without being named here.
"""

import collections

import msgspec
import pytest
from lxml import html

from api.security import cookies
from tests.api.pages import whole_site
from tests.api.pages.found_forms import (
    FoundForm,
    Routes,
    find_forms,
    lost_fields,
    possible_submissions,
    submit_form,
    summary_errors,
)
from tests.conftest import roll_back_at_end
from tests.people import JOAN

# Routes whose forms are not found here, each with the reason why that is no gap.
NOT_SHOWN = {
    "/case/passphrase/saved": "one button, after a new passphrase",
    "/case/remind": "one button, on a case that is late",
    "/complaints/resume": "one button, after a code: test_resuming",
    "/key/{key:str}/submission": "sent by an app: test_phones",
    "/kiosk/{token:str}/answers": "sent by a script: test_kiosk",
    "/kiosk/{token:str}/code": "sent by a script: test_kiosk",
    "/surveys/{slug:str}/resume": "one button, after a code: test_resuming",
    "/work/builder/{slug:str}/report": "a file, where an imported survey waits for a list",
    "/work/campaigns/{campaign:uuid}": "where there is a campaign: test_campaign_coding",
    "/work/campaigns/{campaign:uuid}/standing": "one button",
    "/work/campaigns/{campaign:uuid}/undo": "one button",
    "/work/double-coding": "a choice of quarter",
    "/work/double-coding/tone": "one button",
    "/work/files/mappings/delete": "one button, where a mapping is saved",
    "/work/files/tables/{ident:str}/check": "after columns and words: test_tables",
    "/work/jobs/release": "one button, where jobs are held",
    "/work/people/{account:uuid}/keys": "one button, where an account has keys",
    "/work/quotes": "a choice of sentence",
    "/work/quotes/{number:int}/approve": "one button",
    "/work/quotes/{number:int}/withdraw": "one button",
    "/work/statistician/{kind:str}/{start:date}/{number:int}": (
        "where the inputs of an edition are stored: test_statistician"
    ),
    "/work/surveys/{slug:str}/encounters/waves": "one button, after a file: test_asking",
    "/work/surveys/{slug:str}/kiosk": "one button",
    "/work/surveys/{slug:str}/limits/sample/codes": "one button, after a file: test_samples",
    "/work/surveys/{slug:str}/paper/forms/{number:int}": (
        "where two typed copies of a form differ: test_typing"
    ),
    "/work/surveys/{slug:str}/paper/forms/{number:int}/clear": "one button",
    "/work/surveys/{slug:str}/uploads": "what a file held, after it was checked: test_uploads",
    "/work/surveys/{slug:str}/uploads/{upload:uuid}/undo": "one button",
    "/work/themes/codebook/draft": "one button, where there is no draft",
    "/work/themes/suggestions/{number:int}/discard": "one button, where a name was suggested",
    "/work/unsent": "only what was typed before: test_signed_out",
}
# Fields that are never shown again: a secret.
NOT_KEPT = {"passphrase"}


@pytest.fixture
async def db(connection, swept):
    """As in conftest, but at the isolation level (repeatable read) that an export needs."""
    async with roll_back_at_end(connection, "repeatable_read") as one:
        yield one


@pytest.fixture
def mailing(app):
    """An installation that sends mail and has a language model, so that their forms are shown."""
    before = app.state.settings
    app.state.settings = msgspec.structs.replace(
        before,
        smtp_host="127.0.0.1",
        smtp_sender="a@b.c",
        language_model_url="http://127.0.0.1:9/v1",
    )
    yield app
    app.state.settings = before


@pytest.fixture
async def site(mailing, db, signed_in):
    """Every visitor (staff and residents), each with the pages to start from."""
    visitors = []
    joan = await signed_in(JOAN)
    for begin in whole_site.STAFF:
        visitors.append((joan, await begin(joan, db)))
    browsers = [whole_site.browser(mailing) for _ in whole_site.RESIDENTS]
    for client, begin in zip(browsers, whole_site.RESIDENTS, strict=True):
        visitors.append((client, await begin(client, db)))
    yield visitors
    for client in browsers:
        await client.aclose()


async def find_all_forms(app, site):
    """One form of each kind, with the client that it was shown to."""
    found, opened = {}, collections.Counter()
    for client, starts in site:
        async for form in find_forms(app, client, starts, opened):
            found.setdefault(form.kind, (client, form))
    return list(found.values())


@pytest.mark.slow
async def test_every_form_names_what_is_wrong_and_keeps_what_was_typed(mailing, db, site):
    found = await find_all_forms(mailing, site)
    shown = {form.route for _, form in found}
    posts = {path for path in Routes(mailing, "POST").patterns if not path.startswith("/api/")}
    assert posts - shown == NOT_SHOWN.keys()
    wrong, refused = {}, set()
    written = [(client, form) for client, form in found if form.lines]
    for client, form in written:
        for sent in possible_submissions(form):
            said = await submit_and_undo(db, client, form, sent)
            if said is not None:
                refused.add(form.kind)
            if said:
                wrong.setdefault(form.route, set()).add(said)
        if form.route.startswith("/work") and (lost := await lost_signed_out(db, client, form)):
            wrong.setdefault(form.route, set()).add(f"lost when signed out: {lost}")
    assert wrong == {}
    assert [form.kind for _, form in written if form.kind not in refused] == []


async def submit_and_undo(db, client, form, sent):
    """Submit a form and undo it; what is wrong with its refusal, or None if accepted."""
    before = db.the_connection.transaction()
    await before.start()
    cookies = list(client.cookies.jar)
    try:
        return refusal_fault(await submit_form(client, form, sent), form, sent)
    finally:
        await before.rollback()
        client.cookies.clear()
        for one in cookies:
            client.cookies.jar.set_cookie(one)


async def lost_signed_out(db, client, form):
    """The fields whose words do not wait for who signs in again, after the session had ended."""
    sent = next(possible_submissions(form))
    session = client.cookies.get(cookies.SESSION)
    client.cookies.delete(cookies.SESSION)
    answer = await submit_form(client, form, sent)
    assert answer.headers["location"].startswith("/sign-in?ended=yes")
    client.cookies.set(cookies.SESSION, session)
    page = html.fromstring((await client.get("/work/unsent")).text)
    waits = {one.get("name"): one.get("value") for one in page.xpath("//main//input")}
    return [name for name, words in sent.typed.items() if waits.get(name) != words]


def refusal_fault(answer, form, sent):
    if answer.status_code >= 500 or answer.next_request:
        return str(answer.status_code) if answer.status_code >= 500 else None
    if not answer.headers["content-type"].startswith("text/html"):
        return answer.headers["content-type"]
    page = html.fromstring(answer.text)
    errors = summary_errors(page)
    if answer.status_code == 200 and not errors:
        return None
    nowhere = [line for line, leads in errors.items() if not leads]
    if not sent.old and (nowhere or not errors):
        return f"{answer.status_code} names no field: {nowhere}"
    lost = [name for name in lost_fields(page, form, sent) if name not in NOT_KEPT]
    return f"{'old page ' if sent.old else ''}lost: {sorted(lost)[:4]}" if lost else ""


WRONG = """
<ul class="govuk-error-summary__list"><li><a href="#why">Say why</a></li><li>It failed</li></ul>
<form method="post" action="/x"><textarea id="why" name="why">{}</textarea>
<input name="who"{}></form>
"""


@pytest.mark.parametrize(
    ("why", "who", "lost"),
    [
        ("Typed &lt;1&gt; &amp; meant", ' value="Typed &lt;2&gt; &amp; meant"', []),
        ("", ' value="Typed &lt;2&gt; &amp; meant"', ["why"]),
        ("Typed &lt;1&gt;", ' type="hidden" value="Typed &lt;2&gt; &amp; meant"', ["why", "who"]),
    ],
)
def test_a_page_that_forgets_is_found_out(why, who, lost):
    page = html.fromstring(WRONG.format(why, who))
    form = FoundForm("/x", "/x", html.fromstring(WRONG.format("", "")).forms[0])
    assert lost_fields(page, form, next(possible_submissions(form))) == lost
    assert summary_errors(page) == {"Say why": True, "It failed": False}
