"""The slides of an edition as PowerPoint, so that whoever presents them can change them.

Charts are pictures with words for those who do not see them; tiles, tables and texts can be
edited. The notes of a slide say where in the edition its figures are, and the edition's source.
"""

import io
from collections.abc import Mapping, Sequence

from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.shapes import MSO_SHAPE
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.shapes.base import BaseShape
from pptx.slide import Slide as Page
from pptx.util import Emu, Mm, Pt

from api import editions
from api.editions import drawing
from api.editions.drawing import svg
from api.editions.files import slides, source_lines
from api.editions.files.slides import Slide
from api.editions.report import ReportCell, ReportTile, ReportView
from api.locales import edition_gettext as _
from api.look import CHART, COLOUR
from survey.editions import Edition

WIDTH, HEIGHT, EDGE, TOP = Mm(338.67), Mm(190.5), Mm(16), Mm(42)
LONG_TITLE = 110
TITLE_ONLY = 5  # of the layouts that python-pptx has
BRAND, INK, QUIET = (RGBColor.from_string(COLOUR[name][1:]) for name in ("brand", "ink", "quiet"))
WHITE = RGBColor(0xFF, 0xFF, 0xFF)
SIGNS = {"above": "▲", "below": "▼", "within": "", "withheld": "–"}
Box = tuple[int, int, int, int]


def render_powerpoint(edition: Edition, sha256: str, base: str) -> bytes:
    """The slides as .pptx. Called in a thread: drawing takes a while."""
    view = editions.report_view(edition, sha256)
    pages = [*slides.view_slides(view)]
    wanted = {slide.chart for slide in pages}
    named = [pair for pair in drawing.translated_charts(edition) if pair[0] in wanted]
    charts = drawing.render_named_charts(named, drawing.PAPER)
    deck = Presentation()
    deck.slide_width, deck.slide_height = WIDTH, HEIGHT
    deck.core_properties.title = f"{view.title}, {view.label}"
    deck.core_properties.author = "Soundings"
    notes = "\n".join(source_lines(view, base))
    lead = view.lead or view.headline[:1]
    first = Slide(title=f"{view.title}, {view.label}", facts=(view.period, *lead))
    for number, slide in enumerate((first, *pages), 1):
        page = deck.slides.add_slide(deck.slide_layouts[TITLE_ONLY])
        write_title(page, slide.title)
        write_body(page, slide, charts)
        add_text(page, (EDGE, HEIGHT - Mm(13), WIDTH - 2 * EDGE, Mm(8)), [footer(view, number)], 10)
        where = [_("In the report: {section}").format(section=slide.source)] if slide.source else []
        page.notes_slide.notes_text_frame.text = "\n".join((*where, notes))
    written = io.BytesIO()
    deck.save(written)
    return written.getvalue()


def footer(view: ReportView, number: int) -> str:
    about = _("Edition {number}, data as of {day}.").format(number=view.number, day=view.as_of)
    mark = f"{_('SYNTHETIC DATA')} · " if view.synthetic else ""
    return f"{mark}Soundings · {view.title} · {view.label} · {about} {number}"


def write_title(page: Page, words: str) -> None:
    title = page.shapes.title
    title.left, title.top, title.width, title.height = EDGE, Mm(10), WIDTH - 2 * EDGE, Mm(28)
    frame = title.text_frame
    frame.text = words
    frame.word_wrap, frame.vertical_anchor = True, MSO_ANCHOR.TOP
    for paragraph in frame.paragraphs:
        paragraph.alignment = PP_ALIGN.LEFT
        paragraph.font.size, paragraph.font.bold = Pt(24 if len(words) < LONG_TITLE else 20), True
        paragraph.font.color.rgb = BRAND


def write_body(page: Page, slide: Slide, charts: Mapping[str, str]) -> None:
    """What shows the message, and next to it what is said of it."""
    across, down = WIDTH - 2 * EDGE, HEIGHT - TOP - Mm(18)
    shown = slide.chart in charts or bool(slide.tiles)
    left = across * 2 // 3
    if slide.chart in charts:
        add_chart(page, charts[slide.chart], slide.alt, (EDGE, TOP, left, down))
    elif slide.tiles:
        add_tiles(page, slide.tiles, (EDGE, TOP, left, down))
    elif slide.table is not None:
        add_table(
            page, [slide.table.head, *map(texts_of, slide.table.rows)], (EDGE, TOP, across, 0)
        )
    words = [
        *(f"“{said.quote.words}” {said.place}" for said in slide.quotes),
        *slide.facts,
    ]
    if words and shown:
        add_text(page, (EDGE + left + Mm(8), TOP, across - left - Mm(8), down), words, 16)
    elif words:
        add_text(page, (EDGE, TOP, across, down), words, 20)


def texts_of(row: Sequence[ReportCell]) -> tuple[str, ...]:
    return tuple(cell.text for cell in row)


def add_chart(page: Page, drawn: str, alt: str, box: Box) -> None:
    """A chart as a picture, as large as fits, with words for those who do not see it."""
    picture = svg.picture_as_png(svg.standalone_svg(drawn, svg.PictureWords("", (), ())))
    shape = page.shapes.add_picture(io.BytesIO(picture), box[0], box[1])
    scale = min(box[2] / shape.width, box[3] / shape.height)
    shape.width, shape.height = Emu(int(shape.width * scale)), Emu(int(shape.height * scale))
    describe(shape, alt)


def describe(shape: BaseShape, words: str) -> None:
    """The alternative text of a shape, for which python-pptx has no name."""
    shape._element.xpath(".//p:cNvPr")[0].set("descr", words)


def add_tiles(page: Page, tiles: Sequence[ReportTile], box: Box) -> None:
    """The tile grid as one group of squares; the sign says what the colour says."""
    columns, rows = max(tile.column for tile in tiles), max(tile.row for tile in tiles)
    size = min(box[2] // columns, box[3] // rows)
    group = page.shapes.add_group_shape()
    for tile in tiles:
        left, top = box[0] + (tile.column - 1) * size, box[1] + (tile.row - 1) * size
        square = group.shapes.add_shape(MSO_SHAPE.RECTANGLE, left, top, size - Mm(1), size - Mm(1))
        square.fill.solid()
        square.fill.fore_color.rgb = (
            RGBColor.from_string(CHART.shades[tile.shade - 1][1:]) if tile.shade else WHITE
        )
        square.line.color.rgb = INK if tile.marked else QUIET
        square.line.width = Pt(3) if tile.marked else Pt(0.5)
        frame = square.text_frame
        frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
        frame.word_wrap = True
        value = " ".join(filter(None, (tile.value, SIGNS[tile.standing])))
        frame.text = "\n".join((tile.short.replace("\N{SOFT HYPHEN}", ""), value))
        for paragraph, points in zip(frame.paragraphs, (7, 10), strict=True):
            paragraph.alignment = PP_ALIGN.CENTER
            paragraph.font.size, paragraph.font.color.rgb = Pt(points), INK
    said = (f"{tile.name}: {', '.join(filter(None, (tile.value, tile.said)))}" for tile in tiles)
    describe(group, "; ".join(said))


def add_table(page: Page, rows: Sequence[Sequence[str]], box: Box) -> None:
    table = page.shapes.add_table(
        len(rows), len(rows[0]), box[0], box[1], box[2], Mm(9) * len(rows)
    ).table
    for line, row in enumerate(rows):
        for column, words in enumerate(row):
            cell = table.cell(line, column)
            cell.text = words
            cell.fill.solid()
            cell.fill.fore_color.rgb = WHITE if line else BRAND
            for paragraph in cell.text_frame.paragraphs:
                paragraph.font.size, paragraph.font.bold = Pt(14), line == 0
                paragraph.font.color.rgb = INK if line else WHITE
                paragraph.alignment = PP_ALIGN.RIGHT if column else PP_ALIGN.LEFT


def add_text(page: Page, box: Box, words: Sequence[str], points: int) -> None:
    frame = page.shapes.add_textbox(*box).text_frame
    frame.word_wrap = True
    for at, line in enumerate(words):
        paragraph = frame.paragraphs[0] if at == 0 else frame.add_paragraph()
        paragraph.text = line
        paragraph.font.size, paragraph.font.color.rgb = Pt(points), INK
        paragraph.space_after = Pt(points // 2)
