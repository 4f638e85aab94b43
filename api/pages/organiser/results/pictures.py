"""The questions that results count, and one of them drawn as a picture."""

import textwrap
from collections.abc import Sequence
from typing import Literal
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

import msgspec

from api.look import CHART, COLOUR
from survey.surveys import instruments
from survey.surveys.instruments.versions import HarmonisedVersions

# Bars; five points around the middle one; columns for points, or for numbers between limits.
QuestionKind = Literal["choices", "likert", "points", "numbers"]
NOT_SAID = {instruments.DECLINED: "Prefer not to say", instruments.DONT_KNOW: "Don’t know"}
MOST_POINTS = 7  # that are drawn around a middle
MOST_GROUPS = 20  # answers by which people can be told apart
MOST_GROUPINGS = 8  # questions
SVG = "http://www.w3.org/2000/svg"
PAGE_WIDTH, PAPER_WIDTH = 320, 660
SIZE, LINE = 13, 18
TEXT, QUIET, BAR, RULE = (COLOUR[name] for name in ("ink", "quiet", "brand", "line"))
# Of a scale, the lowest point first; the middle one is grey.
SHADES = dict(enumerate(CHART.agreement, 1))
HIGHEST = 130  # of a column


class CountedQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """A question, or a row of a grid, in its words of today, with every answer ever offered.

    `breaks` say from which version on answers are not fully comparable with earlier ones.
    """

    name: str
    title: str
    kind: QuestionKind
    answers: dict[str, str]
    breaks: list[str]
    is_group: bool = False
    is_margin: bool = False


def counted_questions(harmony: HarmonisedVersions) -> list[CountedQuestion]:
    """The questions of all versions that are counted, today's first."""
    questions: dict[str, CountedQuestion] = {}
    breaks = harmony.breaks()
    # Newest first: a question that was reworded is shown in its words of today.
    for version in reversed(harmony.versions):
        for item in version.questions():
            for question in questions_in_item(item):
                today = harmony.name_today(version.version, question.name)
                more = {
                    k: instruments.wording_text(text) for k, text in harmony.options(today).items()
                }
                questions.setdefault(
                    today,
                    msgspec.structs.replace(
                        question,
                        name=today,
                        answers=more | question.answers if more else question.answers,
                        breaks=[
                            f"Version {b.version}: {b.why}." for b in breaks if b.name == today
                        ],
                    ),
                )
    return list(questions.values())


def questions_in_item(item: instruments.Item) -> list[CountedQuestion]:
    """Each counted question of an item: a grid has one a row."""
    answers = item.counted_answers()
    if not answers and not item.is_number:
        return []
    if answers and item.may_decline:
        answers = answers | NOT_SAID
    words, rows = instruments.wording_text(item.text), item.row_texts()
    is_group = isinstance(item, instruments.SelectOne) and len(answers) <= MOST_GROUPS
    return [
        CountedQuestion(
            name=name,
            title=f"{words} {instruments.wording_text(rows[name])}" if rows else words,
            kind=question_kind(item, answers),
            answers=answers,
            breaks=[],
            is_group=is_group,
            is_margin=isinstance(item, instruments.SelectOne) and item.margin is not None,
        )
        for name in rows or [item.name]
    ]


def question_kind(item: instruments.Item, answers: dict[str, str]) -> QuestionKind:
    if item.is_number and not answers:
        return "numbers"
    if item.likert_rows() or (item.is_number and len(answers.keys() - NOT_SAID) <= MOST_POINTS):
        return "likert"
    return "points" if item.is_number else "choices"


def group_questions(questions: list[CountedQuestion]) -> list[CountedQuestion]:
    """The questions that divide those who answered into groups, the usual questions first."""
    groupings = [question for question in questions if question.is_group]
    return sorted(groupings, key=lambda question: not question.is_margin)[:MOST_GROUPINGS]


def questions_without_chart(instrument: instruments.Instrument) -> list[instruments.Item]:
    """The questions whose answers are neither counted nor anybody's own words."""
    return [
        item
        for item in instrument.questions()
        if item.answer_names() and not item.is_free_text and not questions_in_item(item)
    ]


class ResultBar(msgspec.Struct, frozen=True):
    """One answer as a bar; `left` and `width` place the bar around the middle of a scale's picture,
    in per cent.
    """

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
    lines = [textwrap.wrap(bar.label, wide) or [""] for bar in bars]
    height = sum(len(line) * LINE + LINE + 10 for line in lines)
    root = new_picture(width, height, title)
    at, longest = 0.0, max([1, *(bar.percent for bar in bars)])
    for result_bar, words in zip(bars, lines, strict=True):
        for line in words:
            at += LINE
            add_text(root, line, 0, at - 4)
        long = (width - 110) * result_bar.percent / longest
        add_bar(root, (0, at, long, LINE - 2))
        add_text(
            root, f"{result_bar.percent}% ({result_bar.count:,})", long + 6, at + SIZE, fill=QUIET
        )
        at += LINE + 10
    return ElementTree.tostring(root, encoding="unicode")


def draw_scale(bars: Sequence[ResultBar], width: int, title: str) -> str:
    """The points of a scale in one bar: the lower ones to the left of the middle, the others to
    the right.
    """
    points = [bar for bar in bars if bar.shade]
    across = -(-len(points) // 2)
    root = new_picture(width, 56 + across * LINE + 6, title)
    for point in points:
        add_bar(
            root, (width * point.left / 100, 4, width * point.width / 100, 34), SHADES[point.shade]
        )
        if point.width * width / 100 > 30:
            dark = point.shade in (1, 5)
            add_text(root, f"{point.percent}%", width * (point.left + point.width / 2) / 100, 26,
                     text_anchor="middle", fill=COLOUR["white"] if dark else TEXT)  # fmt: skip
    middle = f"{width / 2:g}"
    SubElement(root, "line", {"x1": middle, "x2": middle, "y1": "0", "y2": "42", "stroke": TEXT})
    for place, point in enumerate(points):
        x, y = (0 if place < across else width / 2), 56 + LINE * (place % across)
        add_bar(root, (x, y - 10, 12, 12), SHADES[point.shade])
        add_text(
            root, textwrap.shorten(point.label, int(width / 15), placeholder="…"), x + 18, y + 1
        )
    return ElementTree.tostring(root, encoding="unicode")


def draw_columns(bars: Sequence[ResultBar], width: int, title: str, limits: Sequence[str]) -> str:
    """A column for each point or range, with the limits between them if there are any."""
    root = new_picture(width, HIGHEST + 2 * LINE + 8, title)
    wide, most = width / max(1, len(bars)), max([1, *(bar.percent for bar in bars)])
    floor = HIGHEST + LINE
    for place, result_bar in enumerate(bars):
        high = HIGHEST * result_bar.percent / most
        add_bar(root, (place * wide + 1, floor - high, wide - 2, high))
        middle = place * wide + wide / 2
        add_text(root, f"{result_bar.percent}%", middle, floor - high - 4, text_anchor="middle",
                 fill=QUIET, font_size=f"{small_size(wide)}")  # fmt: skip
        if not limits:
            label = textwrap.shorten(result_bar.label, max(3, int(wide / 6)), placeholder="…")
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
