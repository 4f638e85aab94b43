"""What all pages look like: the typeface, and the gallery of all parts in every kind of light."""

import io

import pytest
from PIL import Image

from api.look import LOOK
from tests.browser.sizes import DESKTOP, NARROW
from tests.browser.test_staff import enter, site_connection  # noqa: F401 - fixtures
from tests.people import JOAN

GALLERY = "/work/gallery"
WIDTHS = (360, 768, 1280)
# How Chromium shows a page: its media, or how an eye would see it.
LIGHTS = {
    "forced-colours": {"forced_colors": "active"},
    "print": {"media": "print"},
}
SIGHTS = ("protanopia", "deuteranopia", "tritanopia", "achromatopsia")
# Words of one chart that lie on each other, and boxes whose words run out of them.
OVERLAPS = """() => {
  const found = [];
  for (const chart of document.querySelectorAll(".gallery figure")) {
    const title = chart.querySelector(".figure__title").textContent;
    const words = [...chart.querySelectorAll("svg text")].filter(
      one => one.textContent.trim() && one.getAttribute("opacity") !== "0");
    const boxes = words.map(one => one.getBoundingClientRect());
    words.forEach((one, a) => words.slice(a + 1).forEach((other, next) => {
      const [p, q] = [boxes[a], boxes[a + 1 + next]];
      const across = Math.min(p.right, q.right) - Math.max(p.left, q.left);
      const down = Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top);
      // The box of a word is higher than its letters.
      if (across > 3 && down > 0.4 * Math.min(p.height, q.height))
        found.push(`${title}: ${one.textContent} / ${other.textContent}`);
    }));
  }
  for (const box of document.querySelectorAll(".stat, .alert, .verdict, .tile, .figure"))
    if (box.scrollWidth > box.clientWidth + 1) found.push(`${box.className}: wider than its box`);
  return found;
}"""
# One zero, as high as the window, alone on the page.
ONE_ZERO = """kind => {
  const zero = document.createElement("span");
  zero.className = kind;
  zero.textContent = "0";
  zero.style.cssText = "font-size: 300px; line-height: 300px; position: absolute; padding: 0";
  document.body.replaceChildren(zero);
}"""


@pytest.mark.parametrize(("kind", "slashed"), [("govuk-heading-l", False), ("unbroken", True)])
async def test_only_codes_have_a_zero_with_a_slash(open_page, kind, slashed):
    page = await open_page()
    await page.goto("/reports")
    await page.evaluate(ONE_ZERO, kind)
    await page.evaluate("document.fonts.ready")
    picture = Image.open(io.BytesIO(await page.locator("body > span").screenshot()))
    grey = picture.convert("L")
    # The middle of the digit: halfway between the outermost dark pixels.
    left, top, right, bottom = grey.point(lambda level: 255 if level < 100 else 0).getbbox()
    middle = grey.getpixel(((left + right) // 2, (top + bottom) // 2))
    assert (middle < 100) == slashed


@pytest.fixture
def open_gallery(enter):  # noqa: F811 - a fixture
    async def opened(width, direction="ltr"):
        page = await enter(JOAN, viewport=DESKTOP | {"width": width})
        await page.goto(f"{GALLERY}?direction={direction}")
        await page.evaluate("document.fonts.ready")
        return page

    return opened


async def test_the_gallery_fits_and_axe_finds_nothing(open_gallery, violations):
    page = await open_gallery(NARROW["width"])
    assert await page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    assert await violations(page) == []


@pytest.mark.slow
@pytest.mark.parametrize("direction", ["ltr", "rtl"])
@pytest.mark.parametrize("width", WIDTHS)
async def test_nothing_overlaps_in_any_light(
    open_gallery, violations, width, direction, tmp_path, record_property
):
    page = await open_gallery(width, direction)
    assert (
        await page.evaluate("getComputedStyle(document.querySelector('h1')).direction") == direction
    )
    await page.screenshot(path=tmp_path / f"light-{width}-{direction}.png", full_page=True)
    assert await page.evaluate(OVERLAPS) == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    assert await violations(page) == []
    devtools = await page.context.new_cdp_session(page)
    for name, light in LIGHTS.items():
        await page.emulate_media(**{"media": "screen", "forced_colors": "none"} | light)
        assert await page.evaluate(OVERLAPS) == [], name
        await page.screenshot(path=tmp_path / f"{name}-{width}-{direction}.png", full_page=True)
    await page.emulate_media(media="screen", forced_colors="none")
    for name in SIGHTS:
        await devtools.send("Emulation.setEmulatedVisionDeficiency", {"type": name})
        await page.screenshot(path=tmp_path / f"{name}-{width}-{direction}.png", full_page=True)
    record_property("pictures", str(tmp_path))
    assert len(list(tmp_path.iterdir())) == 1 + len(LIGHTS) + len(SIGHTS)


async def test_lines_of_words_are_no_longer_than_their_measure(open_gallery):
    page = await open_gallery(DESKTOP["width"])
    widths = await page.evaluate(
        """[...document.querySelectorAll("main p.govuk-body")].map(
             one => one.clientWidth / parseFloat(getComputedStyle(one).fontSize))"""
    )
    assert max(widths) <= float(LOOK.measure.removesuffix("em")) + 0.1
