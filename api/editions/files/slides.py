"""An edition as slides for a meeting: one message each, and what shows it.

The same list of slides is set as a PDF here and as PowerPoint in `powerpoint.py`. Every title is a
sentence, a caption or figures of the edition itself: none is made up for the slides.
"""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import msgspec

from api import editions
from api.editions.areas import outside_title
from api.editions.files import compile_pdf, paper_words
from api.editions.report import (
    ReportQuote,
    ReportSection,
    ReportTable,
    ReportTile,
    ReportView,
    has_figure,
)
from api.locales import edition_gettext as _
from survey.editions import Edition

TEMPLATE = Path(__file__).parent / "slides.typ"
MOST_ALERTS = 6
MOST_FINDINGS = 3
MOST_NAMED = 3
MOST_ROWS = 6
MOST_SENTENCES = 3  # rows of a table of sentences
MOST_QUOTES = 2
Sections = dict[str, ReportSection]


class Slide(msgspec.Struct, frozen=True, kw_only=True):
    """A slide: its message as title, and what shows it: a chart, tiles, a table, quotes or facts.

    `source` is the heading of the section that has it in full.
    """

    title: str
    chart: str = ""
    alt: str = ""
    tiles: tuple[ReportTile, ...] = ()
    table: ReportTable | None = None
    quotes: tuple[ReportQuote, ...] = ()
    facts: tuple[str, ...] = ()
    source: str = ""


@lru_cache(maxsize=8)
def render_slides_pdf(edition: Edition, sha256: str) -> bytes:
    """The slides as a PDF of 16 to 9 (PDF/UA-1): the same bytes for the same edition."""
    view = editions.report_view(edition, sha256)
    title = _("{title}: {label}").format(title=view.title, label=view.label)
    words = paper_words(view) | {"title_slide": title}
    return compile_pdf(TEMPLATE, edition, view, words, {"slides": [*view_slides(view)]}, wide=True)


def view_slides(view: ReportView) -> Iterator[Slide]:
    """The slides in the order of a meeting: figures, changes, alerts, words, actions."""
    sections = {section.key: section for section in view.every_section}
    yield from figure_slide(view, "perception_index", sections.get("index"))
    yield from areas_slide(sections.get("boroughs"))
    yield from figure_slide(view, "expected_deployments", sections.get("uses"))
    yield from finding_slides(sections)
    yield from alert_slides(sections)
    yield from theme_slide(sections.get("top-themes"))
    yield from quote_slide(sections.get("themes-sampled"))
    yield from table_slide(sections.get("actions"))
    for key in ("recommendations", "trial-watched", "trial-months"):
        yield from table_slides(sections.get(key))


def figure_slide(view: ReportView, measure: str, section: ReportSection | None) -> Iterator[Slide]:
    """A key figure with its chart over time. Its title is the sentence of the headline that has
    the figure, else the figure in words.
    """
    figures = [stat for stat in view.stats if stat.measure and stat.measure.name == measure]
    for key_figure in [figure for figure in figures if not figure.value.withheld][:1]:
        value = key_figure.value.text
        said = [sentence for sentence in view.headline if f" {value} " in sentence]
        named = _("{label}, {window}: {value}").format(
            label=key_figure.label, window=key_figure.window, value=value
        )
        facts = (
            key_figure.word.text if key_figure.word else "",
            key_figure.change,
            key_figure.interval,
            key_figure.base,
        )
        yield Slide(
            title=said[0].partition(" (")[0] + "." if said else named,
            chart=section.figure.chart if section and section.figure else "",
            alt=chart_words(section),
            facts=tuple(words for words in facts if words),
            source=section.heading if section else "",
        )


def chart_words(section: ReportSection | None) -> str:
    """What a chart shows, for those who do not see it: its title, and its first and last row."""
    if section is None or section.figure is None:
        return ""
    rows = [row for row in section.figure.table.rows if any(map(has_figure, row[1:]))]
    ends = [" ".join(cell.text for cell in row) for row in dict.fromkeys((*rows[:1], *rows[-1:]))]
    return ". ".join((section.heading, section.figure.title, *ends))


def areas_slide(section: ReportSection | None) -> Iterator[Slide]:
    """The tiles; the title names the boroughs outside the limits, if they are few.

    No slide where no borough could be compared: nothing can then be said of any.
    """
    if section is None or all(tile.standing == "withheld" for tile in section.tiles):
        return
    below, above = (
        [tile.name for tile in section.tiles if tile.standing == standing]
        for standing in ("below", "above")
    )
    if not below and not above:
        title = outside_title([tile.standing for tile in section.tiles])
    else:
        title = _("Below the expected range: {below}. Above: {above}.").format(
            below=names_or_number(below), above=names_or_number(above)
        )
    yield Slide(title=title, tiles=section.tiles, source=section.heading)


def names_or_number(names: list[str]) -> str:
    if not names:
        return _("none")
    return ", ".join(names) if len(names) <= MOST_NAMED else str(len(names))


def finding_slides(sections: Sections) -> Iterator[Slide]:
    """A slide for each finding, and one of ratios if no finding was about them.

    Where there are no findings, one slide has the largest changes.
    """
    section = sections.get("changed") or sections.get("summary")
    ratios = next((part for key, part in sections.items() if key.startswith("disparities-")), None)
    if section is not None and section.tables and section.tables[0].wordy:
        table = section.tables[0]
        for row in table.rows[:MOST_FINDINGS]:
            title, stop, more = row[0].text.partition(". ")
            facts = (
                f"{name}: {cell.text}"
                for name, cell in zip(table.head[1:], row[1:], strict=True)
                if cell.text
            )
            shown = ratios if ratios and is_about(title, ratios) else None
            yield Slide(
                title=f"{title}." if stop else title,
                chart=shown.figure.chart if shown and shown.figure else "",
                alt=chart_words(shown),
                facts=(*([more] if more else []), *facts),
                source=shown.heading if shown else section.heading,
            )
            ratios = None if shown else ratios
    else:
        yield from table_slide(section)
    if ratios and ratios.figure:
        words = sections["disparities"].words[:1] if "disparities" in sections else ()
        yield Slide(
            title=ratios.figure.title,
            chart=ratios.figure.chart,
            alt=chart_words(ratios),
            facts=words,
            source=ratios.heading,
        )


def is_about(sentence: str, section: ReportSection) -> bool:
    """Whether a finding begins with a group that the section has a row for."""
    rows = section.figure.table.rows if section.figure else ()
    return any(sentence.startswith(row[0].text.partition(",")[0] + " ") for row in rows)


def alert_slides(sections: Sections) -> Iterator[Slide]:
    """A slide for each open alert, the most severe first: the borough marked on the tiles, the
    letter quoted where a quote of it is published, or the chart that the alert is about.
    """
    section = sections.get("all-alerts") or sections.get("alerts")
    alerts = [box for box in section.boxes if box.standing != "closed"] if section else []
    letters = [
        quote
        for part in sections.values()
        for quote in part.quotes
        if part.key.startswith("themes-") and quote.quote.campaign
    ]
    for alert in alerts[:MOST_ALERTS]:
        about = sections.get("boroughs" if alert.section == "funnel-index" else alert.section)
        shown = about if about and (about.figure or about.tiles) else None
        tiles = shown.tiles if shown and not shown.figure else ()
        yield Slide(
            title=f"{alert.place}: {alert.sentence}",
            chart=shown.figure.chart if shown and shown.figure else "",
            alt=chart_words(shown),
            tiles=tuple(
                msgspec.structs.replace(tile, marked=tile.name == alert.place) for tile in tiles
            ),
            quotes=tuple(letters[:1]) if alert.section.endswith("themes") else (),
            facts=tuple(f"{name}: {words}" for name, words in alert.facts),
            source=section.heading if section else "",
        )


def theme_slide(section: ReportSection | None) -> Iterator[Slide]:
    """The most frequent themes; the title names the first of them."""
    for slide in table_slide(section):
        if slide.table:
            first = [row[0].text for row in slide.table.rows[:MOST_NAMED]]
            title = f"{slide.table.caption}: {', '.join(first)}"
            yield msgspec.structs.replace(slide, title=title)


def quote_slide(section: ReportSection | None) -> Iterator[Slide]:
    """What residents who were asked wrote, where a quote is published."""
    if section is not None and section.quotes:
        quotes = section.quotes[:MOST_QUOTES]
        yield Slide(title=section.heading, quotes=quotes, source=section.heading)


def table_slides(section: ReportSection | None) -> Iterator[Slide]:
    """The first table of a section, on as many slides as its rows take."""
    for table in section.tables[:1] if section is not None else ():
        most = MOST_SENTENCES if table.wordy else MOST_ROWS
        for at in range(0, len(table.rows), most):
            part = msgspec.structs.replace(table, rows=table.rows[at : at + most])
            heading = section.heading if section else ""
            yield Slide(title=heading, table=part, source=heading)


def table_slide(section: ReportSection | None) -> Iterator[Slide]:
    """The first table of a section, shortened to what can be read on a wall."""
    if section is not None and section.tables:
        table = section.tables[0]
        rows = table.rows[:MOST_ROWS]
        shown = msgspec.structs.replace(table, rows=rows)
        yield Slide(title=section.heading, table=shown, source=section.heading)
