"""An edition as slides: one message a slide, with the figure or chart behind it."""

import msgspec
import pypdfium2

from api import editions
from api.editions import files
from tests.analysis.editions.full_editions import full_monthly_edition, full_weekly_edition
from tests.analysis.editions.made_up_edition import bare_edition

SHA = "c0ffee" * 10 + "c0de"
WIDE = 16 / 9


def slides_of(edition):
    return [*files.view_slides(editions.report_view(edition, SHA))]


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
    return [*files.areas_slide(msgspec.structs.replace(section, tiles=tiles))]


def test_nothing_is_said_of_boroughs_that_could_not_be_compared():
    assert tiles_slides("withheld") == []
    assert [one.title for one in tiles_slides("within")] == ["No borough is outside the limits"]


def test_every_open_alert_has_a_slide_with_its_owner():
    edition = full_weekly_edition()
    wanted = [one for one in edition.alerts if one.standing != "closed"]
    found = [one for one in slides_of(edition) if any("Owner: " in words for words in one.facts)]
    assert len(found) == min(len(wanted), files.MOST_ALERTS)


def test_an_alert_on_the_index_of_a_borough_shows_the_tiles():
    edition = full_weekly_edition()
    far = next(one for one in edition.alerts if one.standing != "closed")
    far = msgspec.structs.replace(far, rule="funnel_index", key="funnel_index/E09000022")
    found = slides_of(msgspec.structs.replace(edition, alerts=(far,)))
    [one] = [one for one in found if any("Owner: " in words for words in one.facts)]
    assert (len(one.tiles), one.chart) == (33, "")


def test_a_withheld_figure_has_no_slide():
    edition = full_weekly_edition()
    hidden = msgspec.structs.replace(
        edition,
        index=tuple(
            msgspec.structs.replace(one, value=None, low=None, high=None) for one in edition.index
        ),
    )
    assert any(one.title.startswith("Perception index, ") for one in slides_of(edition))
    assert not any(one.title.startswith("Perception index, ") for one in slides_of(hidden))


def test_an_edition_without_figures_has_a_title_and_no_more():
    assert slides_of(bare_edition()) == []


def test_the_slides_are_a_tagged_document_of_16_to_9_with_a_page_for_each():
    edition = full_weekly_edition()
    body = files.render_slides_pdf(edition, SHA)
    document = pypdfium2.PdfDocument(body)
    assert b"pdfuaid:part>1<" in body
    assert document.is_tagged()
    assert len(document) == 1 + len(slides_of(edition))
    for page in document:
        width, height = page.get_size()
        assert abs(width / height - WIDE) < 0.01
        assert "SYNTHETIC DATA" in page.get_textpage().get_text_bounded()
