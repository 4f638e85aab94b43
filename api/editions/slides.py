"""An edition as slides for a meeting: one message a slide, with the figure or chart behind it."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import msgspec

from api import editions
from api.editions.export import PaperWords, compile_pdf, paper_words
from api.editions.report import (
    AlertCard,
    KeyFigure,
    ReportSection,
    ReportTable,
    ReportTile,
    ReportView,
)
from api.translating import edition_gettext as _
from api.translating import edition_language
from survey.editions.edition import Edition

SLIDES_TEMPLATE = Path(__file__).parent / "slides.typ"
MOST_ALERTS = 6
MOST_FINDINGS = 3
MOST_NAMED = 3
MOST_ROWS = 6


class Slide(msgspec.Struct, frozen=True, kw_only=True):
    """A slide: its message as title, and what shows it: a chart, tiles, a table or one figure."""

    title: str
    chart: str = ""
    alt: str = ""
    tiles: tuple[ReportTile, ...] = ()
    table: ReportTable | None = None
    figure: str = ""
    facts: tuple[str, ...] = ()


def render_slides_pdf(edition: Edition, sha256: str) -> bytes:
    """The slides of an edition in the reader's language, if editions are translated into it."""
    return render_slides(edition, sha256, edition_language())


@lru_cache(maxsize=8)
def render_slides(edition: Edition, sha256: str, language: str) -> bytes:
    """The slides as a PDF of 16 to 9 (PDF/UA-1): the same bytes for the same edition."""
    view = editions.report_view(edition, sha256)
    words = slide_words(view) | {"language": language}
    return compile_pdf(SLIDES_TEMPLATE, edition, view, words, {"slides": [*view_slides(view)]})


def slide_words(view: ReportView) -> PaperWords:
    return paper_words(view) | {
        "title_slide": _("{title}: {label}").format(title=view.title, label=view.label),
    }


def view_slides(view: ReportView) -> Iterator[Slide]:
    """The slides of a report in the order of a meeting: figures, changes, alerts, actions."""
    sections = {one.key: one for one in view.every_section}
    yield from figure_slide(view, "perception_index", sections.get("index"))
    yield from boroughs_slide(sections.get("boroughs"))
    yield from figure_slide(view, "expected_deployments", sections.get("uses"))
    yield from finding_slides(sections.get("changed") or sections.get("summary"))
    yield from alert_slides(sections)
    yield from table_slide(sections.get("top-themes"))
    yield from table_slide(sections.get("actions"))


def figure_slide(view: ReportView, measure: str, section: ReportSection | None) -> Iterator[Slide]:
    """A key figure with its chart over time."""
    found = [one for one in view.stats if one.measure and one.measure.name == measure]
    for one in [one for one in found if not one.value.withheld][:1]:
        yield Slide(
            title=figure_message(one),
            chart=section.figure.chart if section and section.figure else "",
            alt=section.figure.title if section and section.figure else "",
            facts=tuple(words for words in (one.interval, one.base) if words),
        )


def figure_message(one: KeyFigure) -> str:
    return _("{label}, {window}: {value}").format(
        label=one.label, window=one.window, value=one.value.text
    )


def boroughs_slide(section: ReportSection | None) -> Iterator[Slide]:
    """The tiles; the title names the boroughs outside what chance allows, if they are few."""
    if section is None or not section.tiles:
        return
    below, above = (
        [one.name for one in section.tiles if one.standing == standing]
        for standing in ("below", "above")
    )
    if not below and not above:
        title = _("No borough is outside what chance allows")
    else:
        title = _("Below what chance allows: {below}. Above: {above}.").format(
            below=names_or_number(below), above=names_or_number(above)
        )
    yield Slide(title=title, tiles=section.tiles)


def names_or_number(names: list[str]) -> str:
    if not names:
        return _("none")
    return ", ".join(names) if len(names) <= MOST_NAMED else str(len(names))


def finding_slides(section: ReportSection | None) -> Iterator[Slide]:
    """A slide for each finding; where there are none, one with the largest changes."""
    if section is None or not section.tables:
        return
    table = section.tables[0]
    if not table.wordy:
        yield from table_slide(section)
        return
    for row in table.rows[:MOST_FINDINGS]:
        facts = (
            f"{name}: {cell.text}"
            for name, cell in zip(table.head[1:], row[1:], strict=True)
            if cell.text
        )
        yield Slide(title=row[0].text, facts=tuple(facts))


def alert_slides(sections: dict[str, ReportSection]) -> Iterator[Slide]:
    """A slide for each open alert, the most severe first, with the chart that it is about."""
    section = sections.get("all-alerts") or sections.get("alerts")
    found = [one for one in section.boxes if one.standing != "closed"] if section else []
    for one in found[:MOST_ALERTS]:
        shown = alert_chart(one, sections)
        yield Slide(
            title=f"{one.place}: {one.sentence}",
            chart=shown.figure.chart if shown and shown.figure else "",
            alt=shown.figure.title if shown and shown.figure else "",
            tiles=shown.tiles if shown and not shown.figure else (),
            facts=tuple(f"{name}: {words}" for name, words in one.facts),
        )


def alert_chart(one: AlertCard, sections: dict[str, ReportSection]) -> ReportSection | None:
    """The section with the chart of an alert; None where it has none."""
    found = sections.get(one.section)
    return found if found and (found.figure or found.tiles) else None


def table_slide(section: ReportSection | None) -> Iterator[Slide]:
    """The first table of a section, shortened to what can be read on a wall."""
    if section is not None and section.tables:
        table = section.tables[0]
        rows = table.rows[:MOST_ROWS]
        yield Slide(title=section.heading, table=msgspec.structs.replace(table, rows=rows))
