"""An edition as slides: one message a slide, with the figure or chart behind it."""

import io

import msgspec
import pptx
import pypdfium2
from pptx.enum.shapes import MSO_SHAPE_TYPE

from api import editions
from api.editions.files import powerpoint, slides
from survey.editions.actions import EditionFinding
from survey.themes.quotes import PrintedQuote
from tests.analysis.editions.full_editions import full_monthly_edition, full_weekly_edition
from tests.analysis.editions.made_up_edition import bare_edition

SHA = "c0ffee" * 10 + "c0de"
WIDE = 16 / 9
PICTURES = (MSO_SHAPE_TYPE.PICTURE, MSO_SHAPE_TYPE.GROUP)


def slides_of(edition):
    return [*slides.view_slides(editions.report_view(edition, SHA))]


def test_a_slide_has_one_message_and_at_most_one_thing_that_shows_it():
    for edition in (full_weekly_edition(), full_monthly_edition()):
        found = slides_of(edition)
        assert len(found) > 3
        for one in found:
            assert one.title
            assert sum(map(bool, (one.chart, one.tiles, one.table))) <= 1, one.title


def tiles_slides(standing):
    view = editions.report_view(full_weekly_edition(), SHA)
    section = next(one for one in view.front if one.key == "boroughs")
    tiles = tuple(msgspec.structs.replace(one, standing=standing) for one in section.tiles)
    return [*slides.areas_slide(msgspec.structs.replace(section, tiles=tiles))]


def test_nothing_is_said_of_boroughs_that_could_not_be_compared():
    assert tiles_slides("withheld") == []
    [slide] = tiles_slides("within")
    assert slide.title == "None of the 33 boroughs shown is outside the expected range"


def test_every_open_alert_has_a_slide_with_its_owner():
    edition = full_weekly_edition()
    wanted = [one for one in edition.alerts if one.standing != "closed"]
    found = [one for one in slides_of(edition) if any("Owner: " in words for words in one.facts)]
    assert len(found) == min(len(wanted), slides.MOST_ALERTS)


def test_an_alert_on_the_index_of_a_borough_shows_the_tiles():
    edition = full_weekly_edition()
    far = next(one for one in edition.alerts if one.standing != "closed")
    far = msgspec.structs.replace(far, rule="funnel_index", key="funnel_index/E09000022")
    found = slides_of(msgspec.structs.replace(edition, alerts=(far,)))
    [one] = [one for one in found if any("Owner: " in words for words in one.facts)]
    assert (len(one.tiles), one.chart) == (33, "")
    assert [tile.name for tile in one.tiles if tile.marked] == ["Lambeth"]


def test_a_withheld_figure_has_no_slide():
    edition = full_weekly_edition()
    hidden = msgspec.structs.replace(
        edition,
        index=tuple(
            msgspec.structs.replace(one, value=None, low=None, high=None) for one in edition.index
        ),
    )
    assert any(one.chart == "index-series" for one in slides_of(edition))
    assert not any(one.chart == "index-series" for one in slides_of(hidden))


def words_of(view):
    """Everything that an edition says, as one text."""
    return msgspec.json.encode(view).decode()


def test_a_title_says_nothing_that_the_edition_does_not():
    for edition in (full_weekly_edition(), full_monthly_edition()):
        view = editions.report_view(edition, SHA)
        said = words_of(view)
        for one in slides.view_slides(view):
            # What follows a colon is a figure, a place's alert or names of the same table.
            assert one.title.rstrip(".").partition(":")[0].partition(", ")[0] in said, one.title


def test_the_finding_on_a_ratio_has_its_chart():
    edition = full_monthly_edition()
    finding = EditionFinding(
        sentence="Black people (officer-defined): recorded use was 4.3 times the rate. It is so.",
        confidence="good evidence",
        so_what="Ask.",
    )
    found = slides_of(msgspec.structs.replace(edition, findings=(finding,)))
    [one] = [one for one in found if one.chart.startswith("disparities-")]
    assert one.title == "Black people (officer-defined): recorded use was 4.3 times the rate."
    assert one.facts[0] == "It is so."


def test_the_letter_is_quoted_where_a_quote_of_it_is_published():
    edition = full_weekly_edition()
    letter = PrintedQuote(
        id=1, theme="t", name="T", stream="open", domain="London", words="Ours.", campaign="c"
    )
    alert = next(one for one in edition.alerts if one.standing != "closed")
    alert = msgspec.structs.replace(alert, rule="burst", key="burst/c")
    given = msgspec.structs.replace(edition, quotes=(letter,), alerts=(alert,))
    [one] = [one for one in slides_of(given) if any("Owner: " in words for words in one.facts)]
    assert [quote.quote.words for quote in one.quotes] == ["Ours."]


def test_powerpoint_has_the_same_slides_with_words_for_every_picture_and_its_source():
    for edition in (full_weekly_edition(), full_monthly_edition()):
        deck = pptx.Presentation(
            io.BytesIO(powerpoint.render_powerpoint(edition, SHA, "https://example.org"))
        )
        found = slides_of(edition)
        assert [page.shapes.title.text for page in deck.slides][1:] == [one.title for one in found]
        for page, one in zip(list(deck.slides)[1:], found, strict=True):
            pictures = [shape for shape in page.shapes if shape.shape_type in PICTURES]
            assert len(pictures) == bool(one.chart or one.tiles)
            assert all(shape._element.xpath(".//p:cNvPr/@descr")[0] for shape in pictures)
            assert "https://example.org/reports/" in page.notes_slide.notes_text_frame.text
            assert any("SYNTHETIC DATA" in words for words in texts_of(page))
            inside = [
                shape for shape in page.shapes if shape.left + shape.width <= deck.slide_width
            ]
            assert len(inside) == len(page.shapes)


def texts_of(page):
    return [shape.text_frame.text for shape in page.shapes if shape.has_text_frame]


def test_an_edition_without_figures_has_a_title_and_no_more():
    assert slides_of(bare_edition()) == []


def test_the_slides_are_a_tagged_document_of_16_to_9_with_a_page_for_each():
    edition = full_weekly_edition()
    body = slides.render_slides_pdf(edition, SHA)
    document = pypdfium2.PdfDocument(body)
    assert b"pdfuaid:part>1<" in body
    assert document.is_tagged()
    assert len(document) == 1 + len(slides_of(edition))
    for page in document:
        width, height = page.get_size()
        assert abs(width / height - WIDE) < 0.01
        assert "SYNTHETIC DATA" in page.get_textpage().get_text_bounded()
