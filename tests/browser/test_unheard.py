"""Who has not been heard from, and the planner, in a browser: axe, 320 px, without scripts."""

import pytest

from api.operations.answers import submissions
from api.security import people
from survey.store.accounts import people as people_store
from survey.store.surveys import instruments
from survey.surveys.responses import Submission
from tests.api.pages.organiser.results.test_coverage import BLOCK
from tests.browser.database_of_site import connect_to_site
from tests.browser.sizes import DESKTOP, NARROW
from tests.browser.test_resident import fits
from tests.conftest import OneConnection
from tests.people import AMINA, CINDY
from tests.stored.answers import spread_over_days


@pytest.fixture
async def links(lived_in):
    """Sign-in links of an organiser whose survey forty people answered, and of a reviewer."""
    connection = await connect_to_site(lived_in)
    found = {}
    for person in (AMINA, CINDY):
        account = await people_store.by_email(connection, person[0])
        ident = account.id if account else await people_store.insert(connection, *person, None)
        found[person] = await people.create_sign_in_link(connection, ident), ident
    await instruments.insert(connection, BLOCK, by=found[AMINA][1])
    for n in range(60):
        answers = {"age": "35-44", "sex": "male" if n % 3 else "female", "disability": "no"}
        sent = Submission(area="Hackney" if n % 4 else "Newham", answers=answers)
        await submissions.submit_response(OneConnection(connection), BLOCK.slug, sent)
    await spread_over_days(connection, BLOCK.slug)
    yield {person: link for person, (link, _) in found.items()}
    await connection.close()


async def signed_in_page(open_page, link, viewport):
    page = await open_page(viewport=viewport, java_script_enabled=viewport is DESKTOP)
    await page.goto(f"/sign-in/{link}")
    await page.click("main button")
    return page


@pytest.mark.slow
async def test_who_was_not_heard_from_is_read_and_a_sample_planned(open_page, links, violations):
    page = await signed_in_page(open_page, links[AMINA], NARROW)
    await page.goto("/work/surveys/block/results")
    await page.get_by_role("link", name="Who we have not heard from").click()
    assert (
        "people in Camden" in await page.inner_text("main")
        or await page.get_by_text("more groups, in the tables below").count()
    )
    await page.get_by_label("People in").select_option(label="Newham")
    await page.get_by_role("button", name="Show").click()
    assert "women aged 16 to 24 in Newham" in await page.inner_text("main")
    assert await fits(page)
    reviewer = await signed_in_page(open_page, links[CINDY], DESKTOP)
    for address in ("/work/unheard", "/work/surveys/taser-trial/results/coverage"):
        await reviewer.goto(address)
        assert await violations(reviewer) == []
    await reviewer.goto("/work/planner")
    await reviewer.get_by_label("Design effect").fill("x")
    await reviewer.get_by_role("button", name="Work it out").click()
    await reviewer.get_by_role("link", name="Design effect: enter a number").click()
    await reviewer.get_by_label("Design effect").fill("1.2")
    await reviewer.get_by_role("button", name="Work it out").click()
    await reviewer.get_by_role("heading", name="Months of deployments").wait_for()
    assert await violations(reviewer) == []
    await reviewer.set_viewport_size(NARROW)
    assert await fits(reviewer)
