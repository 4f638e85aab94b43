"""A meeting of a scrutiny panel in real browsers: a chair and three members, alone and together."""

import hashlib
import itertools

import msgspec
import pytest

from demo.scrutiny import MORE_MEMBERS, RULE
from survey.scrutiny.schemes import READY_SCHEMES
from survey.store.accounts import people as people_store
from survey.store.scrutiny import marks, meetings
from tests.browser.sizes import DESKTOP, NARROW, PHONE
from tests.browser.test_staff import enter, press, site_connection  # noqa: F401
from tests.people import CINDY, NADIA
from tests.stored.scrutiny_meetings import FILE, begin_marking, save_panel

TABLET = {"width": 768, "height": 1024}
TOMASZ, GRACE, _ = MORE_MEMBERS
FEW = msgspec.structs.replace(
    RULE, always=(), strata=tuple(msgspec.structs.replace(one, take=1) for one in RULE.strata)
)
NUMBERS = itertools.count(1)  # the browser's database goes on from test to test
NOT_SEEN = "Only Nadia says this"


@pytest.fixture
async def panel(site_connection):  # noqa: F811
    """A panel of four, which draws four records."""
    who = (CINDY, NADIA, TOMASZ, GRACE)
    for one in who:
        if not await people_store.by_email(site_connection, one[0]):
            await people_store.insert(site_connection, *one, None)
    return await save_panel(site_connection, FEW, who, f"Panel {next(NUMBERS)} in a browser")


@pytest.fixture
def look(violations):
    """Asks that a page has no violation of axe's rules, and fits its window."""

    async def looked(page):
        assert await violations(page) == []
        width = page.viewport_size["width"]
        assert await page.evaluate("document.documentElement.scrollWidth") <= width

    return looked


async def draw(page, look):
    """The chair plans a meeting, fixes the seed, opens the file and masks; its address."""
    await page.click("text=Plan a meeting")
    await look(page)
    await press(page, "Plan the meeting")
    await look(page)
    await page.fill("#sealed", hashlib.sha256(FILE).hexdigest())
    await press(page, "Fix and publish the seed")
    await look(page)
    file = {"name": "force.csv", "mimeType": "text/csv", "buffer": FILE}
    await page.set_input_files("#file", file)
    await press(page, "Open the file and draw")
    address = page.url.partition("?")[0]
    await look(page)
    await page.click("text=Record 1")
    await look(page)
    await page.fill("#words", "Nothing of this")
    await press(page, "Mask these words")
    assert "Not in this record" in await page.inner_text("main")
    await page.fill("#words", "They spoke")
    await press(page, "Mask these words")
    await page.goto(address)
    for box in await page.query_selector_all("[name=present]"):
        await box.check()
    await press(page, "Let them mark alone")
    return address


async def mark_by_keyboard(page, address, look):
    """A member marks every record by keyboard alone, with a mistake first."""
    await page.goto(f"{address}/records/1")
    await look(page)
    await press_by_keyboard(page)
    assert "Select green, amber, red" in await page.inner_text("main")
    await look(page)
    for _ in range(4):
        await page.focus("#colour-2")
        await page.keyboard.press("Space")
        await page.focus("#reasons-2")
        await page.keyboard.press("Space")
        await page.focus("#words")
        await page.keyboard.type(NOT_SEEN)
        async with page.expect_navigation():
            await page.keyboard.press("Tab")
            await page.keyboard.press("Tab")
            await page.keyboard.press("Enter")
    assert "You have marked every record" in await page.inner_text("main")


async def mark(page, address, look, colour):
    """A member marks what is left, one record after the other."""
    await page.goto(f"{address}/records/1")
    await look(page)
    while page.url.partition("?")[0] != address:
        assert NOT_SEEN not in await page.content()
        await page.check(f"#colour-{colour}" if colour > 1 else "#colour")
        await page.check("#video")
        if colour in (2, 3):
            await page.check("#reasons")
        await press(page, "Save and go on")


async def step_aside(page, address, look):
    await page.goto(f"{address}/records/2")
    await page.click("summary:has-text('I know somebody')")
    await page.check("#knows")
    await look(page)
    await press(page, "Step aside")
    assert "You stepped aside from that record" in await page.inner_text("main")
    await look(page)


async def mark_together(page, address, look):
    """The chair ends marking alone and writes down a joint mark of each record."""
    await page.goto(address)
    await look(page)
    await page.check("#sure")
    await press(page, "Show what was said")
    await look(page)
    await page.click("#records ~ ul a")
    await look(page)
    assert NOT_SEEN in await page.inner_text("main")
    while page.url.partition("?")[0] != address:
        await page.check("#colour-2")
        await page.check("#reasons")
        await page.check("#video")
        await page.click("summary:has-text('Views that differ')")
        await page.select_option("#view-1-colour", "green")
        await page.fill("#view-1-words", "Some of us saw nothing wrong")
        await press(page, "Save the joint mark")
    await look(page)
    await press(page, "Close the meeting")
    assert "The meeting is closed" in await page.inner_text("main")


@pytest.mark.slow
async def test_a_meeting_of_a_chair_and_three_members(enter, panel, look, site_connection):  # noqa: F811
    cindy = await enter(CINDY, viewport=DESKTOP)
    await cindy.goto(f"/work/scrutiny/panels/{panel}")
    await look(cindy)
    address = await draw(cindy, look)
    nadia = await enter(NADIA, java_script_enabled=False, viewport=NARROW)
    tomasz = await enter(TOMASZ, viewport=TABLET)
    grace = await enter(GRACE, viewport=PHONE)
    await step_aside(grace, address, look)
    await mark_by_keyboard(nadia, address, unscripted())
    await mark(tomasz, address, look, 1)
    await mark(grace, address, look, 3)
    await mark(cindy, address, look, 4)
    for page in (tomasz, grace, cindy):
        await page.goto(address)
        assert NOT_SEEN not in await page.content()
    await mark_together(cindy, address, look)
    await nadia.goto(f"{address}/records/1")
    assert "Some of us saw nothing wrong" in await nadia.inner_text("main")
    [meeting] = await meetings.load_meetings(site_connection, panel)
    assert meeting.stage == "closed"
    assert len(await meetings.load_records(site_connection, meeting.id)) == 4
    for public in ("/scrutiny", f"/scrutiny/{meeting.id}"):
        narrow = await enter(NADIA, viewport=NARROW)
        await narrow.goto(public)
        await look(narrow)


def unscripted():
    """The same without axe, which is a script: that the page fits its window."""

    async def looked(page):
        inside = await page.evaluate("document.documentElement.scrollWidth")
        assert inside <= page.viewport_size["width"]

    return looked


@pytest.mark.slow
async def test_steps_are_marked_by_keyboard_alone(enter, look, site_connection):  # noqa: F811
    name = f"Panel {next(NUMBERS)} in a browser"
    planter = READY_SCHEMES["planter"]
    panel = await save_panel(site_connection, FEW, (CINDY, NADIA), name, scheme=planter)
    meeting = await begin_marking(site_connection, panel, who=(CINDY, NADIA))
    address = f"/work/scrutiny/meetings/{meeting}/records"
    chair = await enter(CINDY, viewport=NARROW)
    await chair.goto(f"{address}/1")
    await look(chair)
    page = await enter(NADIA, java_script_enabled=False, viewport=NARROW)
    await page.goto(f"{address}/1")
    await unscripted()(page)
    await page.focus("#step-P-2")
    await page.keyboard.press("Space")
    await page.focus("#words")
    await page.keyboard.type(NOT_SEEN)
    await press_by_keyboard(page)
    said = await page.inner_text("main")
    assert "Give a score from 1 to 9" in said
    assert await page.is_checked("#step-P-2")
    assert await page.input_value("#words") == NOT_SEEN
    for step in planter.steps[1:]:
        await page.focus(f"#step-{step.key}")
        await page.keyboard.press("Space")
    await page.focus("#score")
    await page.keyboard.type("8")
    await press_by_keyboard(page)
    assert "Here is the next record" in await page.inner_text("main")
    nadia = await people_store.by_email(site_connection, NADIA[0])
    assert await marks.load_own_marks(site_connection, meeting, nadia.id) == {1: "red"}


async def press_by_keyboard(page):
    await page.focus("form button[type=submit]:has-text('Save and go on')")
    async with page.expect_navigation():
        await page.keyboard.press("Enter")


@pytest.mark.slow
@pytest.mark.parametrize("viewport", [NARROW, DESKTOP], ids=["narrow", "desktop"])
async def test_the_pages_of_a_panel_pass_axe_and_fit(enter, panel, look, viewport):  # noqa: F811
    page = await enter(CINDY, viewport=viewport)
    for path in ("", "/settings", "/rule", "/members", "/meetings"):
        await page.goto(f"/work/scrutiny/panels/{panel}{path}")
        await look(page)
    for path in ("/work/scrutiny", "/work/scrutiny/new"):
        await page.goto(path)
        await look(page)
