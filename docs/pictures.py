"""Makes docs/pictures from a running demonstration: `python -P docs/pictures.py`.

With names such as `first_survey` it makes the pictures of that part only; with `--out FOLDER` it
writes them there. Starts `demo` on a free port with a data folder of its own, takes its pictures
with Chromium, makes a silent film of thirty seconds with ffmpeg, and stops it. Each picture holds
the words that can be read on it, with which a test compares what the documents say is there.
Needs the libraries of the tests (`./soundings test --slow` installs all of it).
"""

import argparse
import asyncio
import contextlib
import hashlib
import io
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import numpy as np
import pypdfium2
from PIL import Image, ImageDraw, ImageFont
from playwright.async_api import Browser, Page, ViewportSize, async_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from api.look import COLOUR  # noqa: E402 - it is found by the line above

PICTURES = OUT = Path(__file__).parent / "pictures"
FONT = ROOT / "api/pages/static/fonts/AtkinsonHyperlegibleNext-Bold.ttf"
PHONE: ViewportSize = {"width": 390, "height": 844}
DESKTOP: ViewportSize = {"width": 1280, "height": 1180}
ORGANISER: ViewportSize = {"width": 900, "height": 800}
TEMPLATE = "Ward panel survey"
MOST_BYTES = 200_000
MOST_FILM_BYTES = 1_500_000
MOST_COLOURS = 256
FILM: ViewportSize = {"width": 1280, "height": 720}
CAPTION_HEIGHT = 80
SCENE_SECONDS = 3
PAPER, INK = COLOUR["ground"], COLOUR["ink"]
# The text that somebody can read on the screen, from the top to the bottom.
VISIBLE_WORDS = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const words = [];
  while (walker.nextNode()) {
    const range = document.createRange();
    range.selectNodeContents(walker.currentNode);
    const { top, bottom, left, width } = range.getBoundingClientRect();
    const shown = walker.currentNode.parentElement.checkVisibility();
    if (shown && width && left >= 0 && bottom > 0 && top < window.innerHeight)
      words.push(walker.currentNode.data);
  }
  return words.join(" ");
}"""
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
SHOWN["film"] = tuple(sorted({file for files in SHOWN.values() for file in files}))
STORY = "They explained what they were doing, and they were calm."


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextlib.asynccontextmanager
async def run_demonstration(folder: Path | None) -> AsyncIterator[str]:
    """Run a demonstration, in this folder if one is given, and give its address."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="soundings-pictures-") as temporary:
        data = str(folder or temporary)
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
        pixels = read_pixels(await grid.screenshot())
        write_picture("tile-grid", pixels, await grid.inner_text())
    paper = pypdfium2.PdfDocument(await fetch(f"{site}{address}/edition.pdf"))[0]
    pixels = paper.render(scale=1.3).to_numpy()[:, :, 2::-1]
    write_picture("paper", pixels, paper.get_textpage().get_text_bounded())


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
    words = await (page.inner_text("body") if full_page else page.evaluate(VISIBLE_WORDS))
    write_picture(name, read_pixels(await page.screenshot(full_page=full_page)), words)


def read_pixels(png: bytes) -> Pixels:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def write_picture(name: str, pixels: Pixels, words: str) -> None:
    file = OUT / f"{name}.png"
    file.write_bytes(palette_png(pixels, page_digest(name), " ".join(words.split())))


def page_digest(name: str) -> str:
    """The SHA-256 of the files of the page that a picture shows."""
    return hashlib.sha256(b"".join((ROOT / one).read_bytes() for one in SHOWN[name])).hexdigest()


def palette_png(pixels: Pixels, page: str, words: str) -> bytes:
    """A PNG of rows x columns x red, green, blue, reduced to its 256 most frequent colours; `page`
    and `words` are in it as texts.
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
        (b"iTXt", b"Words\0\1\0\0\0" + zlib.compress(words.encode(), 9)),
        (b"IDAT", zlib.compress(rows, 9)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*part) for part in parts)


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


class Scene(NamedTuple):
    """A page of the film under a caption, as a phone or a desktop shows it."""

    caption: str
    address: str
    who: str = ""
    at: str = ""
    is_phone: bool = False
    locale: str = "en-GB"


SCENES = (
    Scene("Residents answer on any phone", "/surveys/feedback", is_phone=True),
    Scene("in ten languages", "/surveys/feedback", is_phone=True, locale="ar"),
    Scene("or complain without a name, and follow the case", "/complaints", is_phone=True),
    Scene("Community groups make surveys of their own", "/work/builder", "an organiser"),
    Scene("and see results as they come", "/work/surveys/feedback/results", "an organiser", "h2"),
    Scene("Each week a report says what changed, and how sure that is", "latest"),
    Scene("borough by borough, next to what chance allows", "latest", at=".tile-grid"),
    Scene("and over time", "/reports/boroughs/" + HACKNEY, at="svg"),
    Scene("Reviewers follow up on cases", "/work/complaints", "a member of the working group"),
    Scene("How each figure is made can be read and checked", "/method"),
)


async def make_film(browser: Browser, site: str) -> None:
    """Make the film of all scenes as a WebM; its still is the grid of boroughs."""
    images = [await photograph_scene(browser, site, scene) for scene in SCENES]
    encode_film(images)
    still = next(number for number, scene in enumerate(SCENES) if scene.at == ".tile-grid")
    write_picture("film", np.asarray(images[still]), SCENES[still].caption)


def encode_film(images: list[Image.Image]) -> None:
    """Write film.webm, in which each image stands for as long as it takes to read."""
    with tempfile.TemporaryDirectory(prefix="soundings-film-") as folder:
        files = [Path(folder, f"{number:02}.png") for number in range(len(images))]
        for file, image in zip(files, images, strict=True):
            image.save(file)
        listed = "".join(f"file {file}\nduration {SCENE_SECONDS}\n" for file in files)
        Path(folder, "list").write_text(f"{listed}file {files[-1]}\n")
        read = ("ffmpeg", "-v", "error", "-y", "-f", "concat", "-safe", "0", "-i", f"{folder}/list")
        length = str(SCENE_SECONDS * len(files))
        write = (
            "-t",
            length,
            "-c:v",
            "libvpx-vp9",
            "-b:v",
            "0",
            "-crf",
            "36",
            "-r",
            "8",
            "-pix_fmt",
            "yuv420p",
        )
        subprocess.run((*read, *write, str(OUT / "film.webm")), check=True)  # noqa: S603


async def photograph_scene(browser: Browser, site: str, scene: Scene) -> Image.Image:
    height = FILM["height"] - CAPTION_HEIGHT
    viewport: ViewportSize = {"width": 390 if scene.is_phone else FILM["width"], "height": height}
    async with open_page(browser, site, viewport, scene.locale) as page:
        if scene.who:
            await page.goto("/demo")
            await page.get_by_role("button", name=f"Look around as {scene.who}").click()
        if scene.address == "latest":
            await open_newest_edition(page)
        else:
            await page.goto(scene.address)
        if scene.at:
            await page.locator(f"main {scene.at}").first.evaluate("part => part.scrollIntoView()")
        await page.evaluate("document.fonts.ready.then(() => true)")
        pixels = read_pixels(await page.screenshot())
    image = Image.new("RGB", (FILM["width"], FILM["height"]), PAPER)
    image.paste(Image.fromarray(pixels), ((FILM["width"] - viewport["width"]) // 2, 0))
    font = ImageFont.truetype(str(FONT), 34)
    middle = (FILM["width"] // 2, height + CAPTION_HEIGHT // 2)
    ImageDraw.Draw(image).text(middle, scene.caption, fill=INK, font=font, anchor="mm")
    return image


PHOTOGRAPHS = {
    "english_form": photograph_english_form,
    "arabic_form": photograph_arabic_form,
    "edition": photograph_edition,
    "first_survey": photograph_first_survey,
    "film": make_film,
}


async def main() -> None:
    global OUT
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=", ".join(PHOTOGRAPHS))
    parser.add_argument("--out", type=Path, default=PICTURES)
    parser.add_argument("--data", type=Path, help="a demonstration that was made before")
    given = parser.parse_args()
    OUT = given.out
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("Chromium is not here.")
    OUT.mkdir(exist_ok=True)
    async with run_demonstration(given.data) as site, async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        for name in given.names or PHOTOGRAPHS:
            await PHOTOGRAPHS[name](browser, site)
        await browser.close()
    for file in sorted(OUT.iterdir()):
        size = file.stat().st_size
        most = MOST_BYTES if file.suffix == ".png" else MOST_FILM_BYTES
        sys.stdout.write(f"{file.name:28} {size:8,} bytes{' TOO LARGE' * (size > most)}\n")


if __name__ == "__main__":
    asyncio.run(main())
