"""Every form of every page keeps what was typed when it is refused, and names what is wrong.

The forms are found by following links, so a new one is held to this without being named here.
"""

import collections

import msgspec
import pytest
from lxml import html

from api import people
from tests.conftest import rolled_back
from tests.http import whole_site
from tests.http.found_forms import Form, Routes, errors_on, forms_from, lost_from, send, sendings
from tests.people import JOAN

# Routes whose form no page of this test shows, each with why that is no gap.
NOT_SHOWN = {
    "/case/remind": "one button, on a case that is late",
    "/work/builder/{slug:str}/report": "a file, where an imported survey waits for a list",
    "/work/campaigns/{campaign:uuid}/standing": "one button",
    "/work/double-coding": "a choice of quarter",
    "/work/double-coding/recalibration": "one button",
    "/work/jobs/release": "one button, where jobs are held",
    "/work/quotes": "a choice of sentence",
    "/work/quotes/{number:int}/approve": "one button",
    "/work/quotes/{number:int}/withdraw": "one button",
    "/work/themes/codebook/draft": "one button, where there is no draft",
    "/work/unsent": "only what was typed before: test_signed_out",
}
# Fields whose words never come back to a screen, or are none.
NOT_KEPT = {"passphrase", "website"}


@pytest.fixture
async def db(connection, swept):
    """As in conftest, at the level that an export asks for."""
    async with rolled_back(connection, "repeatable_read") as one:
        yield one


@pytest.fixture
def mailing(app):
    """An installation that sends mail, so that the form of subscribers is there."""
    before = app.state.settings
    app.state.settings = msgspec.structs.replace(before, smtp_host="127.0.0.1", smtp_sender="a@b.c")
    yield app
    app.state.settings = before


@pytest.fixture
async def site(mailing, db, signed_in):
    """Everybody who looks at something, with the pages where they begin."""
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


async def found_on(app, site):
    """One form of each kind, with the client that was shown it."""
    found, opened = {}, collections.Counter()
    for client, starts in site:
        async for form in forms_from(app, client, starts, opened):
            found.setdefault(form.kind, (client, form))
    return list(found.values())


async def test_every_form_names_what_is_wrong_and_keeps_what_was_typed(mailing, db, site):
    found = await found_on(mailing, site)
    shown = {form.route for _, form in found}
    posts = {path for path in Routes(mailing, "POST").patterns if not path.startswith("/api/")}
    assert posts - shown == NOT_SHOWN.keys()
    wrong, refused = {}, set()
    written = [(client, form) for client, form in found if form.lines]
    for client, form in written:
        for sent in sendings(form):
            said = await sent_alone(db, client, form, sent)
            if said is not None:
                refused.add(form.kind)
            if said:
                wrong.setdefault(form.route, set()).add(said)
        if form.route.startswith("/work") and (lost := await lost_signed_out(db, client, form)):
            wrong.setdefault(form.route, set()).add(f"lost when signed out: {lost}")
    assert wrong == {}
    assert [form.kind for _, form in written if form.kind not in refused] == []


async def sent_alone(db, client, form, sent):
    """What is wrong with the refusal, empty where nothing is; none where it was taken."""
    before = db.the_connection.transaction()
    await before.start()
    cookies = list(client.cookies.jar)
    try:
        return amiss(await send(client, form, sent), form, sent)
    finally:
        await before.rollback()
        client.cookies.clear()
        for one in cookies:
            client.cookies.jar.set_cookie(one)


async def lost_signed_out(db, client, form):
    """The fields whose words do not wait for who signs in again, after the session had ended."""
    sent = next(sendings(form))
    session = client.cookies.get(people.COOKIE)
    client.cookies.delete(people.COOKIE)
    answer = await send(client, form, sent)
    assert answer.headers["location"].startswith("/sign-in?ended=yes")
    client.cookies.set(people.COOKIE, session)
    page = html.fromstring((await client.get("/work/unsent")).text)
    waits = {one.get("name"): one.get("value") for one in page.xpath("//main//input")}
    return [name for name, words in sent.typed.items() if waits.get(name) != words]


def amiss(answer, form, sent):
    if answer.status_code >= 500 or answer.next_request:
        return str(answer.status_code) if answer.status_code >= 500 else None
    if not answer.headers["content-type"].startswith("text/html"):
        return answer.headers["content-type"]
    page = html.fromstring(answer.text)
    errors = errors_on(page)
    if answer.status_code == 200 and not errors:
        return None
    nowhere = [line for line, leads in errors.items() if not leads]
    if not sent.old and (nowhere or not errors):
        return f"{answer.status_code} names no field: {nowhere}"
    lost = [name for name in lost_from(page, form, sent) if name not in NOT_KEPT]
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
    form = Form("/x", "/x", html.fromstring(WRONG.format("", "")).forms[0])
    assert lost_from(page, form, next(sendings(form))) == lost
    assert errors_on(page) == {"Say why": True, "It failed": False}
