"""What all pages look like: the typeface, and the gallery of all parts in every kind of light."""

import io

import pypdfium2
import pytest
from PIL import Image

from api.look import LOOK
from tests.analysis.editions.made_up_edition import WEEK
from tests.browser.sizes import DESKTOP, NARROW
from tests.browser.test_staff import enter, site_connection  # noqa: F401 - fixtures
from tests.house.test_look import NEIGHBOURS, WORDS, contrast
from tests.people import JOAN

GALLERY = "/work/gallery"
WIDTHS = (360, 768, 1280)
# How Chromium shows a page: its media, or how an eye would see it.
LIGHTS = {
    "forced-colours": {"forced_colors": "active"},
    "print": {"media": "print"},
}
# As wide as a sheet of A4 between the edges that Chromium leaves.
SHEET = {"width": 718, "height": 1047}
SMALLEST = 7  # points, on paper
FULL_WEEK = f"/reports/weekly/{WEEK}?number=3"
FULL_MONTH = "/reports/monthly/2008-06-01"
ON_PAPER = (
    FULL_WEEK,
    "/explore?figure=index&figure=deployments",
    "/reports/boroughs/E09000012",
    "/reports/boroughs",
    f"/reports/weekly/{WEEK}/chart/boroughs?number=3",  # the map
)
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
# Marks of one chart that touch or cover each other and have two fills; with the colour of the edge
# between them, if one of them has any.
TOUCHING = """() => {
  const mixed = (style) => {
    const parts = style.fill.match(/[\\d.]+/g).map(Number);
    const opaque = (parts[3] ?? 1) * style.fillOpacity * style.opacity;
    return "#" + parts.slice(0, 3).map(part =>
      Math.round(part * opaque + 255 * (1 - opaque)).toString(16).padStart(2, "0")).join("");
  };
  const found = new Set();
  for (const chart of document.querySelectorAll(".figure__picture svg")) {
    const marks = [...chart.querySelectorAll("rect, path, circle, polygon")].map(one =>
      [one.getBoundingClientRect(), getComputedStyle(one)]).filter(([box, style]) =>
      /^rgb/.test(style.fill) && box.width && box.height);
    const dressed = marks.map(([box, style]) => [box, mixed(style), style.stroke]).filter(
      ([box, fill]) => fill !== "#ffffff");
    dressed.forEach(([p, one, edge], at) => dressed.slice(at + 1).forEach(([q, other, rim]) => {
      const across = Math.max(p.left - q.right, q.left - p.right);
      const apart = Math.max(across, p.top - q.bottom, q.top - p.bottom);
      if (one !== other && apart <= 1)
        found.add([chart.querySelector("title")?.id, one, other,
                   edge === "none" && rim === "none" ? "" : "edged"].join(" "));
    }));
  }
  return [...found].map(one => one.split(" "));
}"""
# All words that a page shows: their size in points, their colour, and the ground that is printed.
LETTERS = """() => {
  const hex = colour => "#" + colour.match(/[\\d.]+/g).slice(0, 3).map(
    part => Math.round(part).toString(16).padStart(2, "0")).join("");
  const ground = (one) => {
    const style = one && getComputedStyle(one);
    if (!style) return "#ffffff";
    const clear = /^rgba.* 0\\)/.test(style.backgroundColor);
    const kept = style.printColorAdjust === "exact" && !clear;
    return kept ? hex(style.backgroundColor) : ground(one.parentElement);
  };
  const shown = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  const found = [];
  while (shown.nextNode()) {
    const [node, one] = [shown.currentNode, shown.currentNode.parentElement];
    const style = getComputedStyle(one);
    if (!node.textContent.trim() || !one.checkVisibility({checkOpacity: true})
        || one.closest(".govuk-visually-hidden, select, style, title, desc")) continue;
    const svg = one.closest("svg");
    const scale = svg ? svg.getBoundingClientRect().width / svg.viewBox.baseVal.width : 1;
    found.push([node.textContent.trim(), parseFloat(style.fontSize) * scale * 0.75,
      hex(svg ? style.fill : style.color), ground(one)]);
  }
  return found;
}"""
# What opens and closes shows so by a sign before or after its words.
SIGNS = """[...document.querySelectorAll("main summary")].filter(one => one.checkVisibility())
  .flatMap(one => ["::before", "::after"].map(part => getComputedStyle(one, part).content))"""
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


def too_alike(touching):
    """Marks that cannot be told apart in grey: it keeps the lightness of a colour alone."""
    return [
        f"{name}: {one} / {two}"
        for name, one, two, edge in touching
        if not edge and contrast(one, two) < NEIGHBOURS
    ]


def lowest_words(sheet):
    """The words at the foot of a printed sheet."""
    foot = min(sheet.get_rect(number)[1] for number in range(sheet.count_rects()))
    return sheet.get_text_bounded(bottom=foot, top=foot + 10).strip()


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
        touching = await page.evaluate(TOUCHING)
        assert touching, name
        assert too_alike(touching) == [], name
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


@pytest.mark.slow
@pytest.mark.parametrize("address", ON_PAPER)
async def test_letters_on_paper_are_large_and_dark_and_nothing_opens(
    open_page, published_reports, address
):
    page = await open_page(viewport=SHEET)
    await page.goto(address)
    await page.emulate_media(media="print")
    letters = await page.evaluate(LETTERS)
    assert len(letters) > 30
    small = [(words, size) for words, size, *_rest in letters if round(size, 1) < SMALLEST]
    assert small == []
    pale = [
        (words, one, ground)
        for words, _size, one, ground in letters
        if contrast(one, ground) < WORDS
    ]
    assert pale == []
    assert set(await page.evaluate(SIGNS)) <= {"none"}
    assert too_alike(await page.evaluate(TOUCHING)) == []


@pytest.mark.slow
@pytest.mark.parametrize("address", [FULL_WEEK, FULL_MONTH])
async def test_no_sheet_of_a_printed_report_ends_with_a_heading(
    open_page, published_reports, address
):
    page = await open_page(viewport=DESKTOP)
    await page.goto(address)
    headings = await page.locator("main :is(h2, h3, h4, h5)").all_inner_texts()
    sheets = pypdfium2.PdfDocument(await page.pdf(format="A4"))
    lasts = [lowest_words(sheet.get_textpage()) for sheet in sheets]
    assert len(lasts) > 5
    assert set(lasts) & set(headings) == set()


# Where signs stand: the room that each leaves on its left, and on its right.
SIGNS_STAND = """() => {
  const room = (one, part) => {
    const style = getComputedStyle(document.querySelector(`main [dir=ltr] ${one}`), part);
    return ["Left", "Right"].map(side =>
      Math.sign(parseFloat(style[`padding${side}`]) + parseFloat(style[`margin${side}`])));
  };
  return [room(".govuk-details__summary"), room(".stream", "::before"), room("th:first-child")];
}"""


@pytest.mark.slow
async def test_signs_stand_where_the_language_of_their_part_begins(open_page, published_reports):
    page = await open_page(viewport=DESKTOP)
    await page.goto(f"{FULL_WEEK}&lang=ar")
    english = await page.evaluate(SIGNS_STAND)
    assert english == [[1, 0], [0, 1], [0, 1]]
