"""Draws the answers to one question as SVG: bars, a scale around its middle, columns."""

import textwrap
from collections.abc import Sequence
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

import msgspec

SVG = "http://www.w3.org/2000/svg"
PAGE_WIDTH, PAPER_WIDTH = 320, 660
SIZE, LINE = 13, 18
TEXT, QUIET, BAR, RULE = "#12262b", "#465a5f", "#0b4a4f", "#bccaca"
# Of a scale, the lowest point first; the middle one is grey.
SHADES = {1: "#8a4a10", 2: "#d79a5b", 3: "#c3cccc", 4: "#6fb0ae", 5: "#0b4a4f"}
HIGHEST = 130  # of a column


class ResultBar(msgspec.Struct, frozen=True):
    """An answer; `left` and `width` place it around the middle of a picture, in per cent."""

    label: str
    count: int
    percent: int
    left: float = 0
    width: float = 0
    shade: int = 0


def new_picture(width: int, height: float, title: str) -> Element:
    size = {
        "xmlns": SVG,
        "viewBox": f"0 0 {width} {height:g}",
        "width": "100%",
        "font-size": f"{SIZE}",
    }
    return Element(
        "svg", size | {"role": "img", "aria-label": f"Chart: {title}. The table has its figures."}
    )


def add_text(root: Element, words: str, x: float, y: float, **more: str) -> None:
    given = {"x": f"{x:g}", "y": f"{y:g}", "fill": TEXT}
    given |= {key.replace("_", "-"): value for key, value in more.items()}
    SubElement(root, "text", given).text = words


def add_bar(root: Element, box: tuple[float, float, float, float], fill: str = BAR) -> None:
    x, y, width, height = box
    place = {"x": f"{x:.2f}", "y": f"{y:.2f}", "width": f"{width:.2f}", "height": f"{height:.2f}"}
    SubElement(root, "rect", place | {"fill": fill})


def draw_bars(bars: Sequence[ResultBar], width: int, title: str) -> str:
    """A bar for each answer, with its words above it."""
    wide = int(width / 7)
    lines = [textwrap.wrap(one.label, wide) or [""] for one in bars]
    height = sum(len(one) * LINE + LINE + 10 for one in lines)
    root = new_picture(width, height, title)
    at, longest = 0.0, max([1, *(one.percent for one in bars)])
    for one, words in zip(bars, lines, strict=True):
        for line in words:
            at += LINE
            add_text(root, line, 0, at - 4)
        long = (width - 110) * one.percent / longest
        add_bar(root, (0, at, long, LINE - 2))
        add_text(root, f"{one.percent}% ({one.count:,})", long + 6, at + SIZE, fill=QUIET)
        at += LINE + 10
    return ElementTree.tostring(root, encoding="unicode")


def draw_scale(bars: Sequence[ResultBar], width: int, title: str) -> str:
    """The points of a scale in one bar: the lower ones to the left of the middle, the others to
    the right.
    """
    points = [one for one in bars if one.shade]
    across = -(-len(points) // 2)
    root = new_picture(width, 56 + across * LINE + 6, title)
    for one in points:
        add_bar(root, (width * one.left / 100, 4, width * one.width / 100, 34), SHADES[one.shade])
        if one.width * width / 100 > 30:
            dark = one.shade in (1, 5)
            add_text(root, f"{one.percent}%", width * (one.left + one.width / 2) / 100, 26,
                     text_anchor="middle", fill="#ffffff" if dark else TEXT)  # fmt: skip
    middle = f"{width / 2:g}"
    SubElement(root, "line", {"x1": middle, "x2": middle, "y1": "0", "y2": "42", "stroke": TEXT})
    for place, one in enumerate(points):
        x, y = (0 if place < across else width / 2), 56 + LINE * (place % across)
        add_bar(root, (x, y - 10, 12, 12), SHADES[one.shade])
        add_text(root, textwrap.shorten(one.label, int(width / 15), placeholder="…"), x + 18, y + 1)
    return ElementTree.tostring(root, encoding="unicode")


def draw_columns(bars: Sequence[ResultBar], width: int, title: str, limits: Sequence[str]) -> str:
    """A column for each point or range, with the limits between them if there are any."""
    root = new_picture(width, HIGHEST + 2 * LINE + 8, title)
    wide, most = width / max(1, len(bars)), max([1, *(one.percent for one in bars)])
    floor = HIGHEST + LINE
    for place, one in enumerate(bars):
        high = HIGHEST * one.percent / most
        add_bar(root, (place * wide + 1, floor - high, wide - 2, high))
        middle = place * wide + wide / 2
        add_text(root, f"{one.percent}%", middle, floor - high - 4, text_anchor="middle",
                 fill=QUIET, font_size=f"{small_size(wide)}")  # fmt: skip
        if not limits:
            label = textwrap.shorten(one.label, max(3, int(wide / 6)), placeholder="…")
            add_text(root, label, middle, floor + LINE, text_anchor="middle",
                     font_size=f"{small_size(wide)}")  # fmt: skip
    for place, limit in enumerate(limits, 1):
        add_text(root, limit, place * wide, floor + LINE, text_anchor="middle",
                 font_size=f"{small_size(wide)}")  # fmt: skip
    rule = {"x1": "0", "x2": f"{width}", "y1": f"{floor}", "y2": f"{floor}", "stroke": RULE}
    SubElement(root, "line", rule)
    return ElementTree.tostring(root, encoding="unicode")


def small_size(wide: float) -> int:
    return SIZE if wide > 34 else 11
