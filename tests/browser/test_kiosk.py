"""A survey asked on one device, person after person, with and without a line."""

import asyncio
import random

import asyncpg
import pytest
from playwright.async_api import expect

from survey.store.surveys import instruments, sharing
from survey.store.surveys.sharing import Kiosk
from tests.api.pages.resident.test_kiosk import ASKED, TOKEN
from tests.browser.database_of_site import connect_to_site
from tests.files.uploads import plain_jpeg
from tests.waiting import until

HERE = f"/kiosk/{TOKEN}/en"
CODE = "123456"
PICTURE = {"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": plain_jpeg()}


@pytest.fixture
async def stored(lived_in):
    """A kiosk of its own, and a function that gives the ages that were stored by it."""
    connection = await connect_to_site(lived_in)
    if not await sharing.find_kiosk(connection, "stall"):
        await instruments.insert(connection, ASKED)
        await sharing.insert_kiosk(connection, Kiosk("stall", TOKEN, CODE))
    asked = "SELECT id, (answers ->> 'age')::int AS age FROM responses WHERE instrument = 'stall'"
    before = {row["id"] for row in await connection.fetch(asked)}

    async def ages():
        return sorted(
            row["age"] for row in await connection.fetch(asked) if row["id"] not in before
        )

    yield ages
    await connection.close()


async def open_kiosk(page):
    await page.goto(HERE)
    await page.wait_for_selector("html.kiosk-kept", state="attached")


async def answer(page, age, *, picture=False):
    """One person answers all questions; the page is ready for the next one then."""
    await finish_answer(page, age, picture=picture)
    await page.click("[data-next]")


async def finish_answer(page, age, *, picture=False):
    await page.click("#begin")
    await page.select_option("#q-_home", "E09000012")
    await page.click("[data-onward]")
    await page.locator("label", has_text="Yes").first.click()
    await page.click("[data-onward]")
    await page.fill("#q-age", str(age))
    await page.click("[data-onward]")
    if picture:
        await page.set_input_files("#q-photo", PICTURE)
    await page.click("[data-onward]")
    await page.click("[data-onward]")
    await page.click("[data-finish]")
    await expect(page.locator("#done")).to_be_visible()


@pytest.mark.slow
async def test_the_address_that_is_handed_out_opens_without_a_line(open_page, stored):
    page = await open_page()
    await open_kiosk(page)
    await page.context.set_offline(True)
    await page.goto(HERE.removesuffix("/en"))
    await expect(page.locator("#begin")).to_be_visible()
    await page.context.set_offline(False)


async def waits(page, number):
    await expect(page.locator("[data-waiting]")).to_have_text(str(number))


@pytest.mark.slow
async def test_two_people_one_without_a_line(open_page, stored, violations):
    page = await open_page()
    await open_kiosk(page)
    assert await violations(page) == []
    await page.click("#begin")
    await page.click("[data-onward]")
    await expect(page.locator("#problems")).to_contain_text("Select a borough")
    assert await violations(page) == []
    await page.click("[data-stop]")
    await answer(page, 40, picture=True)
    await page.context.set_offline(True)
    await answer(page, 14)
    await waits(page, 1)
    await page.reload()
    await waits(page, 1)
    await page.context.set_offline(False)
    await waits(page, 0)
    await until(lambda: stored_is(stored, [14, 40]))


async def stored_is(stored, ages):
    return await stored() == ages


@pytest.mark.slow
async def test_a_line_that_is_cut_before_the_device_keeps_the_page_is_said(open_page, stored):
    page = await open_page(service_workers="block")
    await page.goto(HERE)
    await page.wait_for_selector("html.kiosk-ready", state="attached")
    await page.context.set_offline(True)
    await page.click("#begin")
    await expect(page.locator("#no-line")).to_contain_text("There is no connection")
    await expect(page.locator("#start")).to_be_visible()
    await page.context.set_offline(False)
    await page.click("#begin")
    await expect(page.locator("#answers")).to_be_visible()


@pytest.mark.slow
async def test_a_line_that_hangs_is_said_and_the_survey_begins_when_it_comes_back(
    open_page, stored
):
    page, back = await open_page(service_workers="block"), asyncio.Event()

    async def hang(route):
        await back.wait()
        await route.continue_()

    await page.context.route("**/kiosk-logic.js*", hang)
    await page.goto(HERE)
    await page.wait_for_selector("html.kiosk-ready", state="attached")
    await page.click("#begin")
    await expect(page.locator("#no-line")).to_be_visible()
    back.set()
    await expect(page.locator("#answers")).to_be_visible()


@pytest.mark.slow
async def test_nothing_is_left_for_the_next_person(open_page, stored):
    page = await open_page()
    await page.clock.install()
    await open_kiosk(page)
    await page.click("#begin")
    await page.select_option("#q-_home", "E09000012")
    await page.clock.fast_forward(95_000)
    await expect(page.locator("#idle")).to_be_visible()
    await page.clock.fast_forward(40_000)
    await expect(page.locator("#start")).to_be_visible()
    await page.click("#begin")
    await expect(page.locator("#q-_home")).to_have_value("")
    assert await stored() == []


@pytest.mark.slow
async def test_a_quick_person_is_thanked_as_long_as_the_one_before(open_page, stored):
    page = await open_page()
    await page.clock.install(time="2026-11-28T09:00:00")
    await open_kiosk(page)
    await page.clock.pause_at("2026-11-28T10:00:00")
    await answer(page, 21)
    await page.clock.fast_forward(10_000)
    await finish_answer(page, 22)
    await page.clock.fast_forward(4_000)
    await expect(page.locator("#done")).to_be_visible()
    await page.clock.fast_forward(10_000)
    await expect(page.locator("#start")).to_be_visible()
    await until(lambda: stored_is(stored, [21, 22]))


@pytest.mark.slow
async def test_by_keyboard_in_arabic(open_page, stored, violations):
    page = await open_page(viewport={"width": 320, "height": 640})
    await open_kiosk(page)
    await page.goto(HERE.removesuffix("en") + "ar")
    await expect(page.locator("html")).to_have_attribute("dir", "rtl")
    await page.focus("#begin")
    await page.keyboard.press("Enter")
    await expect(page.locator("#answers")).to_be_visible()
    for pressed in ("Tab", "Tab", "Enter"):
        await page.keyboard.press(pressed)
    await expect(page.locator("#problems")).to_be_focused()
    await page.focus("#q-_home")
    for pressed in ("ArrowDown", "Tab", "Enter", "Tab", "Space", "Enter", "Tab"):
        await page.keyboard.press(pressed)
    await page.keyboard.type("١٤")
    assert await violations(page) == []
    wide = "document.documentElement.scrollWidth - innerWidth"
    assert await page.evaluate(wide) <= 0
    for pressed in ("Enter", "Tab", "Tab", "Enter", "Tab", "Tab", "Enter"):
        await page.keyboard.press(pressed)
    await page.focus("[data-finish]")
    await page.keyboard.press("Enter")
    await expect(page.locator("#done")).to_be_focused()
    await waits(page, 0)
    await until(lambda: stored_is(stored, [14]))


@pytest.mark.slow
async def test_twenty_people_without_a_line_and_back(open_page, stored):
    page = await open_page()
    await open_kiosk(page)
    await page.context.set_offline(True)
    await page.reload()
    for age in range(20, 40):
        await answer(page, age, picture=age % 5 == 0)
    await waits(page, 20)
    await page.reload()
    await waits(page, 20)
    await page.context.set_offline(False)
    await waits(page, 0)
    assert await stored() == list(range(20, 40))
    await expect(page.locator("[data-sent]")).to_have_text("20")


@pytest.mark.slow
async def test_a_refused_answer_stays_and_is_sent_later(open_page, stored, lived_in):
    connection = await asyncpg.connect(lived_in)
    page = await open_page()
    await open_kiosk(page)
    await page.context.set_offline(True)
    await answer(page, 50)
    await instruments.set_closed(connection, "stall", closed=True)
    await page.context.set_offline(False)
    await expect(page.locator("#refused")).to_contain_text("is closed")
    await page.click("summary")
    await page.fill("#code", "000000")
    await page.click("[data-save-copy]")
    await expect(page.locator("#wrong-code")).to_be_visible()
    await page.fill("#code", CODE)
    async with page.expect_download() as saved:
        await page.click("[data-save-copy]")
    assert '"50"' in (await (await saved.value).path()).read_text()
    await instruments.set_closed(connection, "stall", closed=False)
    await connection.close()
    await page.click("[data-send-now]")
    await expect(page.locator("#refused")).to_be_hidden()
    assert await stored() == [50]


ACTS = ("answer", "offline", "online", "reload", "error", "cut", "well")


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
async def test_each_answer_is_stored_once_whatever_the_line_does(open_page, stored, seed):
    """Random answers, cut lines, reloads, errors of the server, and receipts that are lost."""
    chance, page = random.Random(seed), await open_page()
    state, expected = {"door": "well"}, []

    async def door(route):
        if state["door"] == "error":
            await route.fulfill(status=503, body="{}")
        elif state["door"] == "cut":
            await route.fetch()  # the server stores it, and the device never hears of it
            await route.abort()
        else:
            await route.continue_()

    await page.context.route("**/answers", door)
    await open_kiosk(page)
    for act in ["answer", *chance.choices(ACTS, k=14), "answer"]:
        if act == "answer":
            expected.append(16 + len(expected))
            await answer(page, expected[-1])
        elif act in ("offline", "online"):
            await page.context.set_offline(act == "offline")
        elif act == "reload":
            await page.reload()
            await page.wait_for_selector("html.kiosk-ready", state="attached")
        else:
            state["door"] = act
    state["door"] = "well"
    await page.context.set_offline(False)
    await page.reload()
    await waits(page, 0)
    assert await stored() == expected
