"""Files that a resident chooses: shown, made smaller on the device, and sent."""

import io

import numpy as np
import pytest
from PIL import Image
from playwright.async_api import expect

from tests.browser.test_resident import begin_form, fits, press_continue
from tests.files.uploads import PDF, plain_jpeg

SMALL = {"name": "small.jpg", "mimeType": "image/jpeg", "buffer": plain_jpeg()}
PAPER = {"name": "letter.pdf", "mimeType": "application/pdf", "buffer": PDF}


def large_photo():
    """A photo of 12 megapixels, as phones take them, in several megabytes."""
    noise = np.random.default_rng(1).integers(0, 255, (3000, 4000, 3), dtype=np.uint8)
    written = io.BytesIO()
    Image.fromarray(noise).save(written, "JPEG", quality=60)
    return {"name": "IMG_0001.JPG", "mimeType": "image/jpeg", "buffer": written.getvalue()}


async def chosen_bytes(page):
    return await page.evaluate("[...document.getElementById('files').files].map((one) => one.size)")


def empty_film(folder, megabytes):
    """A file of this size that takes no room on the disk."""
    with (folder / f"film-{megabytes}.mp4").open("wb") as film:
        film.truncate(megabytes * 1_000_000)
    return film.name


async def open_evidence(page):
    await begin_form(page, "/complaints")
    await page.fill("#q-narrative", "They searched my son outside the bakery.")
    await press_continue(page)
    await page.goto(page.url.partition("/complaints")[0] + "/complaints/evidence")


@pytest.mark.slow
async def test_a_film_that_is_too_large_says_so_when_it_is_chosen(open_page, violations, tmp_path):
    page = await open_page(viewport={"width": 320, "height": 640})
    await open_evidence(page)
    await page.set_input_files("#files", empty_film(tmp_path, 210))
    wrong = page.get_by_text("film-210.mp4 must be 32 MB or smaller")
    await expect(wrong).to_be_visible()
    assert await violations(page) == []
    assert await fits(page)
    sent = []
    page.on("request", lambda request: sent.append(request.method))
    await page.get_by_role("button", name="Continue").click()
    await expect(page.locator("#files")).to_be_focused()
    assert "POST" not in sent
    await page.set_input_files("#files", [empty_film(tmp_path, 20), empty_film(tmp_path, 21)])
    await expect(page.get_by_text("Send up to 38 MB at a time")).to_be_visible()
    await page.set_input_files("#files", empty_film(tmp_path, 31))
    await expect(page.locator(".file-list .govuk-error-message")).to_have_count(0)


@pytest.mark.slow
async def test_a_film_that_is_too_large_says_so_without_scripts(open_page, tmp_path):
    page = await open_page(java_script_enabled=False)
    await open_evidence(page)
    await page.set_input_files("#files", empty_film(tmp_path, 45))
    await page.get_by_role("button", name="Continue").click()
    await expect(page.locator(".govuk-error-summary")).to_contain_text("is too large")
    await expect(page.locator(".govuk-error-summary")).to_contain_text("32 MB")


@pytest.mark.slow
async def test_chosen_files_are_shown_made_smaller_and_sent(open_page, violations):
    page = await open_page(viewport={"width": 320, "height": 640})
    await begin_form(page, "/complaints")
    await page.fill("#q-narrative", "They searched my son outside the bakery.")
    await press_continue(page)
    await page.goto("/complaints/evidence")
    photo = large_photo()
    await page.set_input_files("#files", [photo, SMALL, PAPER])
    await expect(page.locator(".file-list__file")).to_have_count(3)
    assert (await chosen_bytes(page))[0] < len(photo["buffer"]) / 2
    await expect(page.locator("canvas.file-list__picture")).to_have_count(2)
    assert await violations(page) == []
    assert await fits(page)
    await page.get_by_role("button", name="Remove letter.pdf").click()
    await expect(page.locator(".file-list__file")).to_have_count(2)
    await page.route("**/evidence", lambda route: route.abort())
    await page.get_by_role("button", name="Continue").click()
    await expect(page.get_by_role("alert")).to_contain_text("still chosen here")
    await page.unroute("**/evidence")
    await page.get_by_role("button", name="Upload and add more").click()
    await expect(page.get_by_role("button", name="Remove IMG_0001.jpg")).to_be_visible()
    await expect(page.locator("main")).to_be_focused()
    assert await chosen_bytes(page) == []
    await page.get_by_role("button", name="Remove small.jpg").click()
    await expect(page.locator(".file-list__file")).to_have_count(1)
