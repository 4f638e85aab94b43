"""Makes docs/pictures/*.png from a running demonstration: `python -P docs/pictures.py`.

With names such as `first_survey` it makes the pictures of that part only. Starts `demo` on a
free port with a data folder of its own, takes its pictures with Chromium, and stops it. Needs the
libraries of the tests (`./soundings test` installs them) and Chromium.
"""

import asyncio
import contextlib
import hashlib
import io
import os
import shutil
import signal
import socket
import struct
import sys
import tempfile
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pypdfium2
from PIL import Image
from playwright.async_api import Browser, Page, ViewportSize, async_playwright

ROOT = Path(__file__).parents[1]
PICTURES = Path(__file__).parent / "pictures"
PHONE: ViewportSize = {"width": 390, "height": 844}
DESKTOP: ViewportSize = {"width": 1200, "height": 1180}
ORGANISER: ViewportSize = {"width": 900, "height": 800}
TEMPLATE = "Ward panel survey"
MOST_BYTES = 200_000
MOST_COLOURS = 256
Pixels = np.ndarray[Any, Any]
HACKNEY = "E09000012"
# The files of the page that each picture shows. Their digest is in the picture, so that a change of
# one of them asks for a new one.
TEMPLATES = "api/pages/templates"
QUESTION = tuple(f"{TEMPLATES}/resident/{name}.html" for name in ("question", "step"))
EDITION = tuple(f"{TEMPLATES}/report/{name}.html" for name in ("edition", "head", "parts"))
SHOWN = {
    "phone-question": QUESTION,
    "phone-question-arabic": QUESTION,
    "phone-check": (f"{TEMPLATES}/resident/check.html",),
    "edition": EDITION,
    "tile-grid": EDITION,
    "paper": ("api/editions/files/edition.typ",),
    "first-template": (f"{TEMPLATES}/work/surveys/new.html",),
    "first-draft": (f"{TEMPLATES}/work/surveys/draft.html",),
    "first-try": QUESTION,
    "first-share": (f"{TEMPLATES}/work/surveys/share.html",),
    "first-results": (f"{TEMPLATES}/work/surveys/results/results.html",),
}
STORY = "They explained what they were doing, and they were calm."


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextlib.asynccontextmanager
async def run_demonstration() -> AsyncIterator[str]:
    """Run a demonstration, give its address, and delete it with its data afterwards."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="soundings-pictures-") as data:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "api", "demo", "--data", data, "--port", str(port)),
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            assert process.stdout is not None
            async for line in process.stdout:
                if b"/demo" in line:
                    break
            else:
                sys.exit("The demonstration ended before it listened.")
            drain = asyncio.create_task(process.stdout.read())
            await wait_until_up(f"http://127.0.0.1:{port}")
            yield f"http://127.0.0.1:{port}"
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGINT)
            await process.wait()
        await drain


async def wait_until_up(site: str) -> None:
    for _ in range(200):
        try:
            await fetch(f"{site}/health")
            return
        except httpx.TransportError:
            await asyncio.sleep(0.1)
    sys.exit("The demonstration does not answer.")


async def fetch(address: str) -> bytes:
    async with httpx.AsyncClient(timeout=60) as client:
        return (await client.get(address)).raise_for_status().content


@contextlib.asynccontextmanager
async def open_page(
    browser: Browser, site: str, viewport: ViewportSize, locale: str = "en-GB", scale: float = 1
) -> AsyncIterator[Page]:
    context = await browser.new_context(
        base_url=site, viewport=viewport, locale=locale, device_scale_factor=scale
    )
    try:
        yield await context.new_page()
    finally:
        await context.close()


async def press_first_button(page: Page) -> None:
    await page.locator("main form button").first.click()
    await page.wait_for_load_state("load")


async def choose_answer(page: Page, text: str) -> None:
    await page.get_by_role("main").get_by_text(text, exact=True).click()
    await press_first_button(page)


async def begin_feedback(page: Page) -> None:
    """Open the feedback form and choose the borough."""
    await page.goto("/surveys/feedback")
    await page.select_option("#answer", value=HACKNEY)
    await press_first_button(page)


async def photograph_english_form(browser: Browser, site: str) -> None:
    async with open_page(browser, site, PHONE, scale=1.5) as page:
        await begin_feedback(page)
        await save_picture(page, "phone-question")
    async with open_page(browser, site, PHONE) as page:
        await begin_feedback(page)
        await page.get_by_label("Taser", exact=True).check(force=True)
        await page.fill("#q-story", STORY)
        await press_first_button(page)
        await choose_answer(page, "Agree")
        for text in ("25 to 34", "Female"):
            await page.get_by_label(text, exact=True).check(force=True)
        await press_first_button(page)
        await save_picture(page, "phone-check", full_page=True)


async def photograph_arabic_form(browser: Browser, site: str) -> None:
    async with open_page(browser, site, PHONE, locale="ar", scale=1.5) as page:
        await begin_feedback(page)
        await save_picture(page, "phone-question-arabic")


async def photograph_first_survey(browser: Browser, site: str) -> None:
    """From a template to results, as docs/tutorials/first-survey.md tells it."""
    async with open_page(browser, site, ORGANISER) as page:
        await page.goto("/demo")
        await page.get_by_role("button", name="Look around as an organiser", exact=True).click()
        await press(page, "Make a survey")
        await save_picture(page, "first-template", at="h2")
        await press(page, f"Use this template: {TEMPLATE}")
        await save_picture(page, "first-draft")
        await press(page, "Try it out first")
        await page.set_viewport_size(PHONE)
        await press(page, "Start now")
        await save_picture(page, "first-try")
        await page.set_viewport_size(ORGANISER)
        await page.get_by_role("link", name="Back to the draft").click()
        await press(page, "Review and publish")
        await press(page, "Publish version 1")
        await save_picture(page, "first-share", at="#link")
        await page.goto("/work/surveys/your-street/results")
        await save_picture(page, "first-results", at="#questions")


async def press(page: Page, words: str) -> None:
    await page.locator("main :is(a, button)", has_text=words).first.click()
    await page.wait_for_load_state("load")


async def photograph_edition(browser: Browser, site: str) -> None:
    async with open_page(browser, site, DESKTOP) as page:
        address = await open_newest_edition(page)
        await save_picture(page, "edition")
        grid = page.locator(".tile-grid").first
        await grid.scroll_into_view_if_needed()
        write_picture("tile-grid", read_pixels(await grid.screenshot()))
    paper = await fetch(f"{site}{address}/edition.pdf")
    first = pypdfium2.PdfDocument(paper)[0].render(scale=1.3)
    write_picture("paper", first.to_numpy()[:, :, 2::-1])


async def open_newest_edition(page: Page) -> str:
    """Open the newest weekly edition; its address."""
    await page.goto("/reports")
    found = page.locator("main a[href^='/reports/weekly/']").first
    address = str(await found.get_attribute("href")).split("?")[0]
    await page.goto(address)
    return address


async def save_picture(page: Page, name: str, *, full_page: bool = False, at: str = "") -> None:
    """Take a picture of what is on the screen, of the whole page, or from a part of it on."""
    if at:
        await page.locator(f"main {at}").first.evaluate("one => one.scrollIntoView()")
    await page.evaluate("document.fonts.ready.then(() => true)")
    write_picture(name, read_pixels(await page.screenshot(full_page=full_page)))


def read_pixels(png: bytes) -> Pixels:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def write_picture(name: str, pixels: Pixels) -> None:
    (PICTURES / f"{name}.png").write_bytes(palette_png(pixels, page_digest(name)))


def page_digest(name: str) -> str:
    """The SHA-256 of the files of the page that a picture shows."""
    return hashlib.sha256(b"".join((ROOT / one).read_bytes() for one in SHOWN[name])).hexdigest()


def palette_png(pixels: Pixels, page: str) -> bytes:
    """A PNG of rows x columns x red, green, blue, reduced to its 256 most frequent colours; `page`
    is kept in it as a text.
    """
    found, index, times = np.unique(
        pixels.reshape(-1, 3), axis=0, return_inverse=True, return_counts=True
    )
    palette = found[np.argsort(-times)[:MOST_COLOURS]]
    far = np.abs(found[:, None].astype(int) - palette[None].astype(int)).sum(axis=2)
    shown = far.argmin(axis=1).astype(np.uint8)[index.reshape(pixels.shape[:2])]
    rows = b"".join(b"\0" + row.tobytes() for row in shown)
    height, width = shown.shape
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
        (b"PLTE", palette.astype(np.uint8).tobytes()),
        (b"tEXt", b"Page\0" + page.encode()),
        (b"IDAT", zlib.compress(rows, 9)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*part) for part in parts)


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


PHOTOGRAPHS = {
    "english_form": photograph_english_form,
    "arabic_form": photograph_arabic_form,
    "edition": photograph_edition,
    "first_survey": photograph_first_survey,
}


async def main() -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("Chromium is not here.")
    PICTURES.mkdir(exist_ok=True)
    async with run_demonstration() as site, async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        for name in sys.argv[1:] or PHOTOGRAPHS:
            await PHOTOGRAPHS[name](browser, site)
        await browser.close()
    for file in sorted(PICTURES.glob("*.png")):
        size = file.stat().st_size
        sys.stdout.write(f"{file.name:28} {size:8,} bytes{' TOO LARGE' * (size > MOST_BYTES)}\n")


if __name__ == "__main__":
    asyncio.run(main())
