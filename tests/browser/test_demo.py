"""The door of the demonstration in a real browser: everybody's first page, and the tour."""

import datetime
import re

import numpy as np
import pytest
from playwright.async_api import expect

from api.app import build
from api.security import people
from api.settings import Settings
from demo.complaints import SHOWN
from demo.door import ADDRESS, STOPS, TRUTH_ADDRESS, demo_door
from demo.simulation import CitySimulator, true_figures
from survey.receipts import passphrase_letters
from survey.store.accounts import people as people_store
from survey.store.cases import complaints
from tests.analysis.editions import made_up_edition
from tests.browser.conftest import pages_of, serving
from tests.browser.database_of_site import connect_to_site
from tests.browser.sizes import DESKTOP, PHONE
from tests.conftest import OneConnection
from tests.people import AMINA, CINDY, JOAN
from tests.stored.complaint_forms import KEYRING, create_case
from tests.stored.published_editions import save_and_publish

EVERYBODY = {
    "a resident": "",
    "an organiser": AMINA[1],
    "a member of the working group": CINDY[1],
    "an administrator": JOAN[1],
}


@pytest.fixture
async def shown(lived_in):
    """The number and passphrase of a case that anybody can open; gone afterwards."""
    connection = await connect_to_site(lived_in)
    for who in (AMINA, CINDY, JOAN):
        if await people_store.by_email(connection, who[0]) is None:
            await people_store.insert(connection, *who, None)
    receipt = await create_case(OneConnection(connection))
    number, phrase = next(iter(SHOWN.items()))
    await connection.execute(
        "UPDATE complaints SET reference = $2, passphrase_hash = $3 WHERE reference = $1",
        receipt.reference,
        number,
        await people.hash_secret(passphrase_letters(phrase)),
    )
    yield number, phrase
    await complaints.erase(connection, number)
    await connection.close()


@pytest.fixture
async def visit(browser, lived_in, shown):
    """Opens the first page of the demonstration."""
    settings = Settings(
        database_url=lived_in,
        sends_per_minute=100_000,
        sign_ins_per_minute=100_000,
        contact_keys=",".join(KEYRING.keys),
    )
    async with (
        serving(build(settings, door=demo_door())) as address,
        pages_of(browser, address) as opened,
    ):

        async def visited(**given):
            page = await opened(**given)
            await page.goto(ADDRESS)
            return page

        yield visited


@pytest.mark.slow
@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
async def test_one_click_looks_around_as_everybody(visit, violations, viewport):
    page = await visit(viewport=viewport)
    assert await violations(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    for who, name in EVERYBODY.items():
        await page.get_by_role("button", name=f"Look around as {who}", exact=True).click()
        await expect(page).to_have_url(re.compile("/work$" if name else "[0-9]/$"))
        await expect(page.locator("header")).to_contain_text(name or "Soundings")
        assert bool(await page.get_by_role("button", name="Sign out").count()) == bool(name)
        await page.get_by_role("link", name="Look around as someone else").click()
        await expect(page).to_have_url(re.compile(f"{ADDRESS}$"))


@pytest.mark.slow
async def test_the_tour_has_six_stops_and_a_case_that_opens(visit, shown):
    page = await visit(java_script_enabled=False)
    assert await page.locator(".tour__stop").count() == len(STOPS) == 6
    for stop in STOPS:
        await page.goto(ADDRESS)
        await page.get_by_role("button", name=stop.title, exact=True).click()
        await expect(page).to_have_url(re.compile(re.escape(stop.address)))
        assert await page.locator("h1").count() == 1, stop
        assert "nothing at this address" not in await page.inner_text("main")
    number, phrase = shown
    await page.goto(ADDRESS)
    await page.get_by_role("button", name="Follow a complaint", exact=True).click()
    await page.fill("#number", number)
    await page.fill("#passphrase", phrase)
    await page.get_by_role("button", name="Open the case").click()
    await expect(page.locator("h1")).to_have_text(number)


@pytest.fixture
async def compared(db, tmp_path):
    """The application of a demonstration that saved its true values, and a published edition."""
    edition = made_up_edition.sample(planted="Each deployment lowers the index.")
    people_of_areas = np.full(len(edition.index) - 1, 250_000.0)
    codes = [one.domain for one in edition.index[1:]]
    maker = CitySimulator(7, codes, people_of_areas, people_of_areas, {"white": 1.0, "black": 1.0})
    first = edition.start - datetime.timedelta(weeks=5)
    end = datetime.datetime.combine(edition.end, datetime.time(23), datetime.UTC)
    true_figures.save_truth(tmp_path, true_figures.planted_truth(maker.world(first, 6, end)))
    await save_and_publish(db.the_connection, edition)
    settings = Settings(data=tmp_path, contact_keys=",".join(KEYRING.keys))
    return build(settings, OneConnection(db.the_connection), door=demo_door()), edition


@pytest.mark.slow
async def test_an_edition_leads_to_how_well_it_did(browser, compared, violations):
    app, edition = compared
    report = f"/reports/weekly/{edition.start}"
    narrow = {"viewport": {"width": 320, "height": 640}}
    async with serving(app) as address, pages_of(browser, address) as opened:
        page = await opened(java_script_enabled=False)
        await page.goto(report)
        await page.get_by_role("link", name="See how close this edition came").click()
        await expect(page).to_have_url(re.compile(f"{TRUTH_ADDRESS}/weekly/"))
        await expect(page.locator("main")).to_contain_text("intervals hold the truth")
        assert await page.locator("table").count() >= 3
        page = await opened(**narrow)
        await page.goto(TRUTH_ADDRESS)
        await page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert await violations(page) == []
