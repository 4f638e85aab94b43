"""Turns a chart specification into an SVG for pages and PDFs, or into a picture of its own."""

import re
import textwrap
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Literal
from xml.etree import ElementTree

import altair as alt
import msgspec
from altair.typing import ChartType

from api.look import CHART, COLOUR, LOOK
from api.process.file_tools import draw_png, draw_svg
from api.process.files import make

FONT = LOOK.font
TEXT, QUIET, LINE = COLOUR["ink"], COLOUR["quiet"], COLOUR["line"]
BRAND, WARM = COLOUR["brand"], COLOUR["warm"]
RIBBON, GREY = CHART.band, CHART.faint
SIZE = 14

# Dates without a time are read as UTC; on any other axis they move to the day before.
MONTHS = (
    "[utcFormat(datum.value, '%b'), "
    "datum.index === 0 || utcmonth(datum.value) === 0 ? utcFormat(datum.value, '%Y') : '']"
)
UTC = alt.Scale(type="utc")

SVG = "http://www.w3.org/2000/svg"
# Vega draws them in each group to catch the pointer, which our pictures have no use for.
EMPTY_PATHS = {"", "M0,0h0v0h0Z"}
# Vega's labels for each mark are noise to a screen reader; our own policy forbids style=.
SPOKEN = re.compile(r"aria-|role$|style$|class$")
# Finer than a hundredth of a pixel nobody sees, and pages with all charts must stay light.
LONG_NUMBER = re.compile(r"(\.\d\d)\d+")
# How a label of Vega begins if it names a row of the table.
ROW = "row: "

# One row of a chart's data, by the names of its fields.
ChartRow = Mapping[str, object]
# How the marks of a chart lie: next to each other, below each other, or anywhere.
MarkOrder = Literal["across", "down", "free"]
MARGIN = 16
TITLE_SIZE, WORDS_SIZE, LINE_HEIGHT = 19, 13, 1.35
LETTER = 0.5  # the mean width of a letter of our font, in parts of its size
ADDRESS_WIDE = 420  # so that the address of a report stays on one line
SHARP = 2  # a PNG has as many pixels for each of the SVG


def render_svg(
    chart: ChartType,
    *,
    name: str,
    title: str,
    description: str,
    marks: MarkOrder,
    width: int,
) -> str:
    """One SVG with a title and a description; `name` keeps its ids different from other charts'.

    The picture is exactly `width` wide: its axes and words have what they need, its marks the rest.
    A chart that is made of two sets the widths of both itself.
    """
    styled = with_house_style(chart)
    if not isinstance(chart, alt.HConcatChart | alt.VConcatChart):
        fit = alt.AutoSizeParams(type="fit-x", contains="padding")
        styled = styled.properties(width=width, autosize=fit)
    specification = styled.to_json(indent=None, sort_keys=True)
    return polish_svg(vega_svg(specification), name, title, description, marks, width)


def name_rows(marks: alt.Chart, field: str = "name") -> alt.Chart:
    """The marks, each with a description that names its row in the chart's table; `field` is the
    field of the marks' data with that name.
    """
    label = alt.value(alt.expr(f"{ROW!r} + datum.{field}"))
    named: alt.Chart = marks.encode(description=label)
    return named


@lru_cache(maxsize=256)
def vega_svg(specification: str) -> str:
    """The SVG as Vega draws it, cached by its canonical JSON: the data and all settings."""
    return make(draw_svg, specification)


def with_house_style(chart: ChartType) -> ChartType:
    styled: ChartType = chart.configure(
        font=FONT,
        background="transparent",
        padding={"left": 2, "right": 6, "top": 4, "bottom": 2},
        axis=alt.AxisConfig(
            labelFontSize=SIZE,
            titleFontSize=SIZE,
            titleFontWeight="normal",
            labelColor=TEXT,
            titleColor=QUIET,
            gridColor=COLOUR["hatch"],
            domainColor=LINE,
            tickColor=LINE,
            labelLimit=260,
            labelSeparation=6,
        ),
        view=alt.ViewConfig(stroke=None),
        text=alt.MarkConfig(fontSize=SIZE, color=TEXT),
    )
    return styled


def polish_svg(
    drawing: str,
    name: str,
    title: str,
    description: str,
    marks: MarkOrder = "free",
    least: int = 0,
) -> str:
    """The SVG with one title and one description in place of Vega's label for each mark.

    The name of a mark's row goes into data-row, which screen readers do not read out.
    """
    root = ElementTree.fromstring(drawing)  # noqa: S314  our own drawing, not a visitor's
    for element in root.iter():
        # With a prefix on every element a browser would not read it as SVG within a page.
        # register_namespace is for the whole process, and another library takes it for itself.
        element.tag = element.tag.removeprefix(f"{{{SVG}}}")
        label = element.attrib.get("aria-label", "")
        for key in [key for key in element.attrib if SPOKEN.match(key)]:
            del element.attrib[key]
        for key, value in element.attrib.items():
            element.attrib[key] = unique_id(LONG_NUMBER.sub(r"\1", value), key, name)
        if label.startswith(ROW):
            element.set("data-row", label.removeprefix(ROW))
    for parent in root.iter():
        parent[:] = [child for child in parent if not is_unseen(child)]
    # One narrower than the others would be drawn larger than they are.
    _left, _top, across, down = map(float, root.attrib["viewBox"].split())
    root.attrib |= {"viewBox": f"0 0 {max(across, least):g} {down:g}"}
    root.set("role", "img")
    root.set("data-marks", marks)
    root.set("aria-labelledby", f"{name}-title {name}-desc")
    # SVG 1.1 wants the title as the first child.
    for place, (tag, words) in enumerate((("title", title), ("desc", description))):
        child = ElementTree.Element(tag, {"id": f"{name}-{tag}"})
        child.text = words
        root.insert(place, child)
    root.attrib = {"xmlns": SVG} | root.attrib
    return ElementTree.tostring(root, encoding="unicode")


def is_unseen(element: ElementTree.Element) -> bool:
    """Whether it draws nothing: an empty path, or a label that would meet another on its axis."""
    hidden = element.tag == "text" and element.attrib.get("opacity") == "0"
    return hidden or element.attrib.get("d") in EMPTY_PATHS


def unique_id(value: str, key: str, name: str) -> str:
    """The attribute's value with ids that cannot clash with another chart's on the page."""
    if key == "id":
        return f"{name}-{value}"
    return value.replace("url(#", f"url(#{name}-")


def chart_data(values: Sequence[ChartRow]) -> alt.Data:
    return alt.Data(values=values)  # type: ignore[no-untyped-call]


class PictureWords(msgspec.Struct, frozen=True):
    """What a picture says around its chart: titles above it, lines of its source below it."""

    title: str
    subtitles: tuple[str, ...]
    source: tuple[str, ...]


def standalone_svg(chart: str, words: PictureWords) -> str:
    """The chart's SVG with its words, on a white ground."""
    inner = ElementTree.fromstring(chart)  # noqa: S314  our own drawing, not a visitor's
    own, down = map(float, inner.attrib["viewBox"].split()[2:])
    across = max(own, ADDRESS_WIDE)
    width = across + 2 * MARGIN
    root = ElementTree.Element(f"{{{SVG}}}svg")
    ground = ElementTree.SubElement(root, f"{{{SVG}}}rect", {"fill": COLOUR["white"]})
    at = float(MARGIN)
    for text, size, colour, weight in (
        (words.title, TITLE_SIZE, TEXT, "bold"),
        *((subtitle, WORDS_SIZE, QUIET, "normal") for subtitle in words.subtitles),
    ):
        at = write_lines(root, text, at, size=size, colour=colour, weight=weight, across=across)
    at += MARGIN / 2
    inner.attrib |= {
        "x": str(MARGIN),
        "y": f"{at:g}",
        "width": f"{own:g}",
        "height": f"{down:g}",
    }
    root.append(inner)
    at += down + MARGIN / 2
    for text in words.source:
        at = write_lines(
            root, text, at, size=WORDS_SIZE, colour=QUIET, weight="normal", across=across
        )
    height = f"{at + MARGIN:g}"
    sizes = {"width": f"{width:g}", "height": height}
    ground.attrib |= sizes
    root.attrib |= sizes | {
        "viewBox": f"0 0 {width:g} {height}",
        "font-family": f"{FONT}, sans-serif",
    }
    return ElementTree.tostring(root, encoding="unicode")


def write_lines(
    root: ElementTree.Element,
    text: str,
    at: float,
    *,
    size: int,
    colour: str,
    weight: str,
    across: float,
) -> float:
    """Add text to a picture in lines that fit; returns where the next begins."""
    for line in textwrap.wrap(text, int(across / (LETTER * size))):
        at += LINE_HEIGHT * size
        style = {"font-size": str(size), "fill": colour, "font-weight": weight}
        place = {"x": str(MARGIN), "y": f"{at:g}"}
        ElementTree.SubElement(root, f"{{{SVG}}}text", place | style).text = line
    return at


@lru_cache(maxsize=32)
def picture_as_png(picture: str) -> bytes:
    """The picture as PNG, with our own fonts. Cached, for drawing takes a while."""
    return make(draw_png, picture, SHARP)
