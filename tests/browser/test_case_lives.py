"""Three cases from their first page to their last, each by its owner and two reviewers."""

import re

import pytest
from playwright.async_api import expect

from tests.browser.sizes import NARROW
from tests.browser.test_staff import enter, press, site_connection
from tests.files.uploads import plain_jpeg
from tests.people import CINDY, JOAN

__all__ = ["enter", "site_connection"]

STORY = "They shone a red dot on my brother outside the bakery."
PICTURE = {"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": plain_jpeg()}


@pytest.fixture
def check(violations):
    """Fails if axe-core finds anything on a page, or if it is wider than the screen."""

    async def checked(page):
        assert await violations(page) == []
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert await page.evaluate(wide) <= 0

    return checked


async def press_first_button(page):
    """Press the first button of the page, which goes on."""
    async with page.expect_navigation():
        await page.locator("main form button:not(.govuk-button--secondary)").first.click()


async def fill_form(page, answers):
    """Fill in the form up to its last page; a page without given answers is skipped."""
    for _ in range(20):
        step = page.url.rpartition("/")[2].partition("?")[0]
        if step == "check":
            return
        for selector, given in answers.get(step, ()):
            if await page.locator(selector).count():
                await fill_field(page, selector, given)
        await press_first_button(page)
    raise AssertionError("never came to the end")


async def fill_field(page, selector, given):
    if given is True:
        await page.check(selector, force=True)
    elif selector == "select":
        await page.select_option(selector, label=given)
    else:
        await page.fill(selector, given)


def form_answers(**more):
    return {
        "borough": [("select", "Hackney")],
        "what": [("#q-narrative", STORY)],
        "matter": [("input[value=use_of_force_taser]", True)],
    } | more


async def skip_check(page):
    """Check nothing: a page without scripts cannot run axe-core either."""


async def send_and_save_passphrase(page, check):
    """Send the complaint and hide its passphrase; the number and the passphrase."""
    await check(page)
    async with page.expect_navigation():
        await page.locator("main form button:not(.save-later)").last.click()
    await check(page)
    number = page.url.rpartition("/")[2]
    phrase = await page.inner_text(".passphrase")
    await press(page, "Hide the passphrase")
    await check(page)
    await press(page, "I have saved them")
    assert phrase not in await page.inner_text("main")
    return number, phrase


async def open_case(page, number, phrase):
    await page.goto("/case")
    await page.fill("#number", number.lower())
    await page.fill("#passphrase", phrase)
    await press_first_button(page)
    assert number in await page.inner_text("main")


async def unfold_form(page, kind):
    """Open the form of a move, which is folded unless it is the next step; its locator."""
    fields = page.locator(f'form:has(input[name=kind][value="{kind}"])').last
    await fields.evaluate("form => form.closest('details')?.setAttribute('open', '')")
    return fields


async def make_move(page, kind, **given):
    fields = await unfold_form(page, kind)
    for name, value in given.items():
        if name in ("allegation", "outcome"):
            await fields.locator(f'input[name={name}][value="{value}"]').check(force=True)
        else:
            await fields.locator(f"[name={name}]").fill(value)
    async with page.expect_navigation():
        await fields.locator("button").last.click()


async def decide_and_close(page, outcome):
    await make_move(
        page,
        "outcome",
        allegation="use_of_force_taser",
        outcome=outcome,
        message="We looked at the footage and asked the officers.",
    )
    await make_move(page, "closed")


async def submit_complaint_as(owner, check, **more):
    """Submit a complaint page by page; the number and the passphrase."""
    await owner.goto("/complaints")
    await check(owner)
    await owner.select_option("#answer", label="Hackney")
    await press(owner, "Start now")
    await fill_form(owner, form_answers(**more))
    return await send_and_save_passphrase(owner, check)


async def ask_question_as(page, number, check):
    await page.goto(f"/work/complaints/{number}")
    await press(page, "Take this case")
    await make_move(page, "acknowledged")
    await make_move(page, "asked", message="Which evening was it?")
    await check(page)
    assert "Contact: none left" in await page.inner_text("main")


async def answer_question_as(owner, check):
    await check(owner)
    assert "Which evening was it?" in await owner.inner_text("main")
    await owner.fill("#answered", "On Friday, after school.")
    await press(owner, "Send the message")
    await owner.set_input_files("#evidence", PICTURE)
    await press(owner, "Send files")
    await expect(owner.locator("main")).to_contain_text("Picture, 1 KB")
    await check(owner)


@pytest.mark.slow
async def test_a_case_without_contact_on_a_small_telephone(
    open_page, enter, check, site_connection
):
    owner = await open_page(viewport=NARROW)
    number, phrase = await submit_complaint_as(owner, check)
    cindy, joan = await enter(CINDY), await enter(JOAN)
    await ask_question_as(cindy, number, check)
    await open_case(owner, number, phrase)
    await answer_question_as(owner, check)

    await joan.goto(f"/work/complaints/{number}")
    assert "On Friday" not in await joan.inner_text("main")
    await cindy.goto(f"/work/complaints/{number}")
    assert "On Friday" in await cindy.inner_text("main")
    await decide_and_close(cindy, "service_acceptable")

    await owner.goto("/case")
    assert "The service was acceptable" in await owner.inner_text("main")
    await check(owner)
    await owner.fill("#appealed", "Nobody asked my brother.")
    await press(owner, "Ask us to look again")

    await joan.goto(f"/work/complaints/{number}")
    await make_move(joan, "reopened", note="Not everybody was heard.")
    await press(joan, "Take this case")
    await decide_and_close(joan, "service_not_acceptable")

    await owner.goto("/case")
    assert "The service was not acceptable" in await owner.inner_text("main")
    await owner.click("text=Erase everything about this complaint")
    await check(owner)
    await press(owner, "Erase everything")
    await check(owner)
    assert (
        await site_connection.fetchval(
            "SELECT count(*) FROM complaints WHERE reference = $1", number
        )
        == 0
    )


async def show_contact_as(page, number, check):
    await page.goto(f"/work/complaints/{number}")
    assert "owner@example.org" not in await page.content()
    await press(page, "Take this case")
    await make_move(page, "acknowledged")
    await page.click("summary:has-text('Contact')")
    await press(page, "Show the contact")
    assert "owner@example.org" in await page.inner_text("main")
    await check(page)


async def check_audit_and_mails(connection, number):
    seen = await connection.fetch("SELECT act FROM audit WHERE subject = $1 ORDER BY id", number)
    assert [row["act"] for row in seen].count("contact read") == 1
    mails = "SELECT m.version FROM case_mails m JOIN complaints c ON c.id = m.complaint"
    rows = await connection.fetch(
        f"{mails} WHERE reference = $1 AND account IS NULL ORDER BY 1", number
    )
    assert [row["version"] for row in rows] == [1, 3]


async def correct_complaint_as(owner):
    await press(owner, "Change what you told us")
    await owner.click('a[href="/complaints/what?change"]')
    await owner.fill("textarea", "It was a green dot.")
    await press_first_button(owner)
    await press(owner, "Send the changes")
    assert "It was a green dot." in await owner.inner_text("main")


@pytest.mark.slow
async def test_a_case_with_contact_is_corrected_and_taken_back_without_scripts(
    open_page, enter, check, site_connection
):
    owner = await open_page(java_script_enabled=False)
    reached = [("#email", "owner@example.org"), ("#phone", "020 7946 0000")]
    number, phrase = await submit_complaint_as(owner, skip_check, contact=reached)
    cindy, joan = await enter(CINDY), await enter(JOAN)
    await show_contact_as(joan, number, check)
    await cindy.goto(f"/work/complaints/{number}")
    assert await cindy.locator('button:has-text("Show the contact")').count() == 0
    await check_audit_and_mails(site_connection, number)
    await open_case(owner, number, phrase)
    await correct_complaint_as(owner)

    await joan.goto(f"/work/complaints/{number}")
    assert "Earlier, corrected on" in await joan.inner_text("main")
    await check(joan)
    await make_move(joan, "told", message="We have read what you corrected.")

    await owner.goto("/case")
    assert "We have read what you corrected." in await owner.inner_text("main")
    await owner.click("text=Withdraw the complaint")
    await press(owner, "Withdraw it")
    assert "Withdrawn" in await owner.inner_text("main")
    await press(owner, "Close this page")
    await owner.goto("/case")
    assert number not in await owner.inner_text("main")


async def enter_complaint_as(page, check):
    """Enter a complaint for a parent on the telephone; the number and the passphrase."""
    await page.goto("/work/complaints/lodge")
    await check(page)
    await page.check("input[value=phone]", force=True)
    await press(page, "Start")
    child = {
        "for_whom": [("input[name=q-concerning][value=other]", True)],
        "for_whom.2": [("input[value=child]", True)],
    }
    await fill_form(page, form_answers(**child))
    assert "parent, guardian or carer" in await page.inner_text("main")
    return await send_and_save_passphrase(page, check)


@pytest.mark.slow
async def test_a_case_for_a_child_keyed_for_a_caller_and_followed_in_arabic(
    open_page, enter, check, site_connection
):
    cindy, joan = await enter(CINDY), await enter(JOAN)
    number, phrase = await enter_complaint_as(cindy, check)
    row = await site_connection.fetchrow(
        """
        SELECT channel, answers ->> 'ground' AS ground, a.name
          FROM complaints c JOIN case_events e ON e.complaint = c.id AND e.version = 1
          JOIN accounts a ON a.id = e.account WHERE reference = $1
        """,
        number,
    )
    assert tuple(row) == ("phone", "child", CINDY[1])

    await joan.goto(f"/work/complaints/{number}")
    await press(joan, "Take this case")
    await make_move(joan, "acknowledged")
    await decide_and_close(joan, "referred_for_misconduct")

    owner = await open_page(viewport=NARROW)
    await owner.goto("/case?lang=ar")
    await check(owner)
    await open_case(owner, number, phrase)
    assert await owner.get_attribute("html", "dir") == "rtl"
    assert re.search("أُحيلت بوصفها سوء سلوك", await owner.inner_text("main"))
    await check(owner)
    await owner.fill("#appealed", "لم يسألنا أحد.")
    async with owner.expect_navigation():
        await owner.locator('form[action="/case/dispute"] button').click()
    await joan.goto("/work/complaints?status=disputed")
    assert number in await joan.inner_text("main")
    await check(joan)
    await joan.goto(f"/work/complaints/{number}")
    await make_move(joan, "closed", message="We looked again. Nothing new.")
