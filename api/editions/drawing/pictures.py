"""A chart as a picture of its own, with its title, its period and its source."""

import textwrap
from functools import lru_cache
from xml.etree import ElementTree

import msgspec

from api.editions.drawing.svg import FONT, QUIET, SVG, TEXT
from api.process.file_tools import draw_png
from api.process.workshop import make

MARGIN = 16
TITLE_SIZE, SIZE, LINE = 19, 13, 1.35
LETTER = 0.5  # the mean width of a letter of our font, in parts of its size
SHARP = 2  # a PNG has as many pixels for each of the SVG


class PictureWords(msgspec.Struct, frozen=True):
    """What a picture says around its chart: titles above it, lines of its source below it."""

    title: str
    subtitles: tuple[str, ...]
    source: tuple[str, ...]


def standalone_svg(chart: str, words: PictureWords) -> str:
    """The chart's SVG with its words, on a white ground."""
    inner = ElementTree.fromstring(chart)  # noqa: S314  our own drawing, not a visitor's
    across, down = map(float, inner.attrib["viewBox"].split()[2:])
    width = across + 2 * MARGIN
    root = ElementTree.Element(f"{{{SVG}}}svg")
    ground = ElementTree.SubElement(root, f"{{{SVG}}}rect", {"fill": "#ffffff"})
    at = float(MARGIN)
    for text, size, colour, weight in (
        (words.title, TITLE_SIZE, TEXT, "bold"),
        *((one, SIZE, QUIET, "normal") for one in words.subtitles),
    ):
        at = write_lines(root, text, at, size=size, colour=colour, weight=weight, across=across)
    at += MARGIN / 2
    inner.attrib |= {
        "x": str(MARGIN),
        "y": f"{at:g}",
        "width": f"{across:g}",
        "height": f"{down:g}",
    }
    root.append(inner)
    at += down + MARGIN / 2
    for text in words.source:
        at = write_lines(root, text, at, size=SIZE, colour=QUIET, weight="normal", across=across)
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
    """Add the text to a picture in lines that fit; where the next text begins."""
    for line in textwrap.wrap(text, int(across / (LETTER * size))):
        at += LINE * size
        style = {"font-size": str(size), "fill": colour, "font-weight": weight}
        place = {"x": str(MARGIN), "y": f"{at:g}"}
        ElementTree.SubElement(root, f"{{{SVG}}}text", place | style).text = line
    return at


@lru_cache(maxsize=32)
def picture_as_png(picture: str) -> bytes:
    """The picture as PNG, with our own fonts. Cached, for drawing takes a while."""
    return make(draw_png, picture, SHARP)
