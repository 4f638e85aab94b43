"""A member of the working group has five minutes: each question is answered a few links away.

All is done by keyboard: Tab to a link and Enter. Nobody types an address.
"""

import datetime

import msgspec
import pytest
from playwright.async_api import expect

from api import clock
from api.app import build
from api.security import people
from api.settings import Settings
from survey.editions.actions import EditionKey
from survey.store.accounts import people as people_store
from survey.store.editions import actions
from tests.analysis.editions.full_editions import MONTH, full_monthly_edition, full_weekly_edition
from tests.analysis.editions.made_up_edition import WEEK, sample
from tests.browser.conftest import pages_of, serving
from tests.browser.sizes import DESKTOP, PHONE
from tests.conftest import OneConnection
from tests.people import CINDY, PASSWORD
from tests.stored.complaint_forms import KEYRING
from tests.stored.published_editions import save_and_publish

TODAY = datetime.date(2008, 7, 14)
A_WEEK = datetime.timedelta(weeks=1)
MOST_LINKS = 3
MOST_TABS = 60  # the front page has 33 tiles
AGREED = "Ask Lambeth for the reports behind the eleven deployments of May"
OUTCOME = "Read; two were one incident"
FOCUSED = """() => {
  const found = document.activeElement.closest("a, button, summary");
  return found ? found.innerText.replace(/[\\u00ad]/g, "").replace(/\\s+/g, " ") : "";
}"""

# What a member wants to know, and the links to it: from the front page, and from their own page.
# "Sign in for staff" leads whoever is signed in to their own page.
OWN_PAGE = "Sign in for staff"
QUESTIONS = {
    "what changed": (["Read this report"], ["Weekly, 30 June to 6 July 2008"]),
    "what to raise": ([OWN_PAGE, "For the meeting"], ["For the meeting"]),
    "the trend of Redbridge": (["Redbridge"], ["Boroughs over time", "Redbridge"]),
    "last month's actions": ([OWN_PAGE, "All actions"], ["All actions"]),
    "what the index is": (
        ["How this is worked out"],
        ["Weekly, 30 June to 6 July 2008", "How residents see the police"],
    ),
}


@pytest.fixture
async def published(db, monkeypatch):
    """Three weeks and a month of London, an action of that month that was done, and a password."""
    connection = db.the_connection
    monkeypatch.setattr(clock, "today", lambda: TODAY)
    for back in (2, 1):
        start = WEEK - back * A_WEEK
        end = start + datetime.timedelta(days=6)
        await save_and_publish(connection, sample(number=1, start=start, end=end))
    await save_and_publish(connection, full_weekly_edition())
    await save_and_publish(connection, full_monthly_edition())
    cindy = await people_store.by_email(connection, CINDY[0])
    which = EditionKey("monthly", MONTH, 1)
    number = await actions.insert(connection, which, AGREED, "Chair", TODAY, by=cindy.id)
    agreed = await actions.get(connection, number)
    done = msgspec.structs.replace(agreed, status="done", outcome=OUTCOME)
    assert await actions.append(connection, done, agreed.version + 1, by=cindy.id)
    hashed = await people.hash_password(PASSWORD)
    await people_store.set_password(connection, CINDY[0], hashed)
    return OneConnection(connection)


@pytest.fixture
async def open_site(browser, published):
    settings = Settings(contact_keys=",".join(KEYRING.keys))
    async with (
        serving(build(settings, published)) as address,
        pages_of(browser, address) as opened,
    ):
        yield opened


async def follow(page, words):
    """Tab to the link that has these words, and follow it."""
    for _ in range(MOST_TABS):
        await page.keyboard.press("Tab")
        if words in await page.evaluate(FOCUSED):
            break
    else:
        pytest.fail(f"{words!r} is not within {MOST_TABS} Tabs on {page.url}")
    async with page.expect_navigation():
        await page.keyboard.press("Enter")


async def sign_in(page):
    await follow(page, OWN_PAGE)
    await page.get_by_label("Email address").fill(CINDY[0])
    await page.get_by_label("Password").fill(PASSWORD)
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Your work")


async def on_first_screen(page, found):
    """Fail unless this stands on what a reader sees without scrolling."""
    await expect(found).to_be_visible()
    place = await found.bounding_box()
    assert place["y"] < page.viewport_size["height"], page.url


async def finds_what_changed(page):
    await expect(page.get_by_role("heading", level=1)).to_have_text("Week 27 of 2008")
    await on_first_screen(page, page.get_by_text("Nothing clearly changed for London."))


async def finds_what_to_raise(page):
    await on_first_screen(page, page.get_by_role("heading", name="Alerts"))
    raised = page.get_by_role("listitem").filter(has_text="2.41 (four weeks before: 1.90)")
    await on_first_screen(page, raised)
    await expect(raised).to_contain_text("Lambeth: Deployments lie above the 99.8 % limit.")
    await expect(raised).to_contain_text("No owner")


async def finds_the_trend(page):
    await expect(page.get_by_role("heading", level=1)).to_have_text("Redbridge")
    await expect(page.get_by_role("img", name="Redbridge").first).to_be_visible()
    figures = page.locator("details").filter(has_text="Perception index in each report")
    await figures.get_by_text("The figures in this chart").click()
    table = page.get_by_role("table", name="Perception index in each report")
    await expect(table.get_by_role("row")).to_have_count(4)


async def finds_the_actions(page):
    line = page.get_by_role("listitem").filter(has_text=AGREED)
    await on_first_screen(page, line)
    await expect(line).to_contain_text("Done")
    await expect(line).to_contain_text(OUTCOME)
    await expect(line).to_contain_text("monthly edition from 1 June 2008")


async def finds_the_definition(page):
    await expect(page.get_by_role("heading", level=1)).to_have_text("Perception index")
    await on_first_screen(page, page.get_by_role("term").filter(has_text="Counts"))


ANSWERS = dict(
    zip(
        QUESTIONS,
        (
            finds_what_changed,
            finds_what_to_raise,
            finds_the_trend,
            finds_the_actions,
            finds_the_definition,
        ),
        strict=True,
    )
)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("viewport", "scripts"), [(DESKTOP, True), (PHONE, False)], ids=["desk", "phone"]
)
async def test_five_questions_are_answered_a_few_links_away(open_site, viewport, scripts):
    page = await open_site(viewport=viewport, java_script_enabled=scripts)
    await page.goto("/")
    await sign_in(page)
    for question, (from_front, from_work) in QUESTIONS.items():
        for links in (["Soundings", *from_front], ["Soundings", OWN_PAGE, *from_work]):
            for words in links:
                await follow(page, words)
            await ANSWERS[question](page)
        assert max(len(from_front), len(from_work)) <= MOST_LINKS
