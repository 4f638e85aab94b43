"""Letters in charts: of one size on a phone and on a desk, none over another, and none cut."""

import base64
import itertools
from pathlib import Path

import pytest

from api.editions import drawing
from api.editions.charts import ToneChart, ToneRow
from api.look import LOOK
from tests.analysis.editions.full_editions import full_monthly_edition, full_weekly_edition
from tests.browser.sizes import DESKTOP, PHONE

STATIC = Path(__file__).parents[2] / "api/pages/static"
# The letters of a line take the middle three fifths of its box.
WORDS = """() => [...document.querySelectorAll("svg")].map((svg) => {
  const frame = svg.getBoundingClientRect();
  const scale = frame.width / svg.viewBox.baseVal.width;
  const shown = [...svg.querySelectorAll("text")].filter(
    (one) => one.textContent.trim() && one.getAttribute("opacity") !== "0");
  return [svg.querySelector("title").id, frame.width, frame.height, shown.map((one) => {
    const box = one.getBoundingClientRect();
    const edge = box.height / (5 * (one.querySelectorAll("tspan").length || 1));
    return [one.textContent, box.left - frame.left, box.top - frame.top + edge,
      box.right - frame.left, box.bottom - frame.top - edge,
      parseFloat(getComputedStyle(one).fontSize) * scale];
  })];
})"""


@pytest.fixture(scope="module")
def style():
    font = base64.b64encode((STATIC / "atkinson.woff2").read_bytes()).decode()
    face = f"font-family:'{LOOK.font}';font-weight:400 700;src:url(data:font/woff2;base64,{font})"
    css = "".join((STATIC / f"{name}.css").read_text() for name in ("app", "report"))
    return f"<style>@font-face{{{face}}} body{{margin:0}}</style><style>{css}</style>"


def faults(name, width, height, words):
    """What is wrong with the words of a chart: cut, shortened, too small or large, or met."""
    for text, left, top, right, bottom, size in words:
        if left < -1 or top < -1 or right > width + 1 or bottom > height + 1 or "…" in text:
            yield f"{name}: {text!r} is cut"
        if not 13.5 <= size <= 17.5:
            yield f"{name}: {text!r} has {size} px"
    for (first, *one, _size), (second, *other, _other) in itertools.combinations(words, 2):
        across = min(one[2], other[2]) - max(one[0], other[0])
        if across > 0.5 and min(one[3], other[3]) > max(one[1], other[1]) + 0.5:
            yield f"{name}: {first!r} meets {second!r}"


def drawn_campaign():
    """Found in a demonstration: the longer words of two counts met the figure of the tone."""
    counts = {"whole": 40, "every": "34% (100 texts)"}
    rows = (ToneRow("Young people", 28, "24% (60 texts)", -57, -99, -40, **counts),)
    chart = ToneChart(title="Themes", description="", rows=rows, tone_title="−100 to +100")
    return drawing.render_named_charts([("themes", chart)])


def drawn_week():
    return drawing.render_charts(full_weekly_edition())


def drawn_month():
    return drawing.render_charts(full_monthly_edition())


@pytest.mark.parametrize(
    "draw", [drawn_week, drawn_campaign, pytest.param(drawn_month, marks=pytest.mark.slow)]
)
@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desk"])
async def test_no_words_of_a_chart_meet_or_are_cut(browser, style, draw, viewport):
    drawn = draw()
    pictures = "".join(f'<div class="figure__picture">{svg}</div>' for svg in drawn.values())
    page = await browser.new_page(viewport=viewport)
    await page.set_content(f'<!doctype html>{style}<div class="govuk-width-container">{pictures}')
    await page.evaluate("document.fonts.ready")
    charts = await page.evaluate(WORDS)
    await page.close()
    assert len(charts) == len(drawn)
    assert [fault for chart in charts for fault in faults(*chart)] == []
