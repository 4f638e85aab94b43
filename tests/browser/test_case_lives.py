"""Three cases from their first page to their last, each by its owner and two who work on it."""

import re

import pytest

from tests.attached import plain_jpeg
from tests.browser.sizes import NARROW
from tests.browser.test_staff import enter, kept, press
from tests.people import CINDY, JOAN

__all__ = ["enter", "kept"]

STORY = "They shone a red dot on my brother outside the bakery."
PICTURE = {"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": plain_jpeg()}


@pytest.fixture
def check(violations):
    """What axe-core finds on a page is always nothing, and nothing is wider than the page."""

    async def checked(page):
        assert await violations(page) == []
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert await page.evaluate(wide) <= 0

    return checked


async def onward(page):
    """The first button of the page: what goes on."""
    async with page.expect_navigation():
        await page.locator("main form button:not(.govuk-button--secondary)").first.click()


async def on_the_way(page, answers):
    """Through the form to its last page; a page that is not named is passed."""
    for _ in range(20):
        step = page.url.rpartition("/")[2].partition("?")[0]
        if step == "check":
            return
        for selector, given in answers.get(step, ()):
            if await page.locator(selector).count():
                await fill(page, selector, given)
        await onward(page)
    raise AssertionError("never came to the end")


async def fill(page, selector, given):
    if given is True:
        await page.check(selector, force=True)
    elif selector == "select":
        await page.select_option(selector, label=given)
    else:
        await page.fill(selector, given)


def told(**more):
    return {
        "borough": [("select", "Hackney")],
        "what": [("#q-narrative", STORY)],
        "matter": [("input[value=use_of_force_taser]", True)],
    } | more


async def not_checked(page):
    """A page without scripts runs none of ours either."""


async def sent(page, check):
    """The number and the passphrase, written down and put away."""
    await check(page)
    async with page.expect_navigation():
        await page.locator("main form button").last.click()
    await check(page)
    number = page.url.rpartition("/")[2]
    phrase = await page.inner_text(".passphrase")
    await press(page, "Hide the passphrase")
    await check(page)
    await press(page, "I have saved them")
    assert phrase not in await page.inner_text("main")
    return number, phrase


async def opened(page, number, phrase):
    await page.goto("/case")
    await page.fill("#number", number.lower())
    await page.fill("#passphrase", phrase)
    await onward(page)
    assert number in await page.inner_text("main")


async def unfold(page, kind):
    """A move's form, which is folded unless it is the next one."""
    fields = page.locator(f'form:has(input[name=kind][value="{kind}"])').last
    await fields.evaluate("form => form.closest('details')?.setAttribute('open', '')")
    return fields


async def move(page, kind, **given):
    fields = await unfold(page, kind)
    for name, value in given.items():
        if name in ("allegation", "outcome"):
            await fields.locator(f'input[name={name}][value="{value}"]').check(force=True)
        else:
            await fields.locator(f"[name={name}]").fill(value)
    async with page.expect_navigation():
        await fields.locator("button").last.click()


async def decided(page, outcome):
    await move(
        page,
        "outcome",
        allegation="use_of_force_taser",
        outcome=outcome,
        message="We looked at the footage and asked the officers.",
    )
    await move(page, "closed")


async def lodged_by(owner, check, **more):
    """By page: the number and the passphrase."""
    await owner.goto("/complaints")
    await check(owner)
    await owner.select_option("#answer", label="Hackney")
    await press(owner, "Start now")
    await on_the_way(owner, told(**more))
    return await sent(owner, check)


async def asked_by(page, number, check):
    await page.goto(f"/work/complaints/{number}")
    await press(page, "Take this case")
    await move(page, "acknowledged")
    await move(page, "asked", message="Which evening was it?")
    await check(page)
    assert "left no contact" in await page.inner_text("main")


async def answered_by(owner, check):
    await check(owner)
    assert "Which evening was it?" in await owner.inner_text("main")
    await owner.fill("#answered", "On Friday, after school.")
    await press(owner, "Send the message")
    await owner.set_input_files("#evidence", PICTURE)
    await press(owner, "Send files")
    assert "Picture, 1 KB" in await owner.inner_text("main")
    await check(owner)


@pytest.mark.slow
async def test_a_case_without_contact_on_a_small_telephone(open_page, enter, check, kept):
    owner = await open_page(viewport=NARROW)
    number, phrase = await lodged_by(owner, check)
    cindy, joan = await enter(CINDY), await enter(JOAN)
    await asked_by(cindy, number, check)
    await opened(owner, number, phrase)
    await answered_by(owner, check)

    await joan.goto(f"/work/complaints/{number}")
    assert "On Friday" not in await joan.inner_text("main")
    await cindy.goto(f"/work/complaints/{number}")
    assert "On Friday" in await cindy.inner_text("main")
    await decided(cindy, "service_acceptable")

    await owner.goto("/case")
    assert "The service was acceptable" in await owner.inner_text("main")
    await check(owner)
    await owner.fill("#appealed", "Nobody asked my brother.")
    await press(owner, "Ask us to look again")

    await joan.goto(f"/work/complaints/{number}")
    await move(joan, "reopened", note="Not everybody was heard.")
    await press(joan, "Take this case")
    await decided(joan, "service_not_acceptable")

    await owner.goto("/case")
    assert "The service was not acceptable" in await owner.inner_text("main")
    await owner.click("text=Erase everything about this complaint")
    await check(owner)
    await press(owner, "Erase everything")
    await check(owner)
    assert await kept.fetchval("SELECT count(*) FROM complaints WHERE reference = $1", number) == 0


async def reached_by(page, number, check):
    await page.goto(f"/work/complaints/{number}")
    assert "owner@example.org" not in await page.content()
    await press(page, "Take this case")
    await move(page, "acknowledged")
    await press(page, "Show the contact")
    assert "owner@example.org" in await page.inner_text("main")
    await check(page)


async def told_in_the_audit_and_by_mail(kept, number):
    seen = await kept.fetch("SELECT act FROM audit WHERE subject = $1 ORDER BY id", number)
    assert [row["act"] for row in seen].count("contact read") == 1
    mails = "SELECT m.version FROM case_mails m JOIN complaints c ON c.id = m.complaint"
    rows = await kept.fetch(f"{mails} WHERE reference = $1 AND account IS NULL ORDER BY 1", number)
    assert [row["version"] for row in rows] == [1, 3]


async def corrected_by(owner):
    await press(owner, "Change what you told us")
    await owner.click('a[href="/complaints/what?change"]')
    await owner.fill("textarea", "It was a green dot.")
    await onward(owner)
    await press(owner, "Send the changes")
    assert "It was a green dot." in await owner.inner_text("main")


@pytest.mark.slow
async def test_a_case_with_contact_is_corrected_and_taken_back_without_scripts(
    open_page, enter, check, kept
):
    owner = await open_page(java_script_enabled=False)
    reached = [("#email", "owner@example.org"), ("#phone", "020 7946 0000")]
    number, phrase = await lodged_by(owner, not_checked, contact=reached)
    cindy, joan = await enter(CINDY), await enter(JOAN)
    await reached_by(joan, number, check)
    await cindy.goto(f"/work/complaints/{number}")
    assert await cindy.locator('button:has-text("Show the contact")').count() == 0
    await told_in_the_audit_and_by_mail(kept, number)
    await opened(owner, number, phrase)
    await corrected_by(owner)

    await joan.goto(f"/work/complaints/{number}")
    assert "Earlier, corrected on" in await joan.inner_text("main")
    await check(joan)
    await move(joan, "told", message="We have read what you corrected.")

    await owner.goto("/case")
    assert "We have read what you corrected." in await owner.inner_text("main")
    await owner.click("text=Withdraw the complaint")
    await press(owner, "Withdraw it")
    assert "Withdrawn" in await owner.inner_text("main")
    await press(owner, "Close this page")
    await owner.goto("/case")
    assert number not in await owner.inner_text("main")


async def keyed_by(page, check):
    """For a parent on the telephone."""
    await page.goto("/work/complaints/lodge")
    await check(page)
    await page.check("input[value=phone]", force=True)
    await press(page, "Start")
    child = {
        "for_whom": [("input[name=q-concerning][value=other]", True)],
        "for_whom.2": [("input[value=child]", True)],
    }
    await on_the_way(page, told(**child))
    assert "parent, guardian or carer" in await page.inner_text("main")
    return await sent(page, check)


async def test_a_case_for_a_child_keyed_for_a_caller_and_followed_in_arabic(
    open_page, enter, check, kept
):
    cindy, joan = await enter(CINDY), await enter(JOAN)
    number, phrase = await keyed_by(cindy, check)
    row = await kept.fetchrow(
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
    await move(joan, "acknowledged")
    await decided(joan, "referred_for_misconduct")

    owner = await open_page(viewport=NARROW)
    await owner.goto("/case?lang=ar")
    await check(owner)
    await opened(owner, number, phrase)
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
    await move(joan, "closed", message="We looked again. Nothing new.")
