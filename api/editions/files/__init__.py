"""An edition as files: a PDF to read, slides, and CSV and Parquet with one figure a row."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path

import msgspec

from api import editions
from api.editions import contents
from api.editions.areas import STANDINGS
from api.editions.report import ReportSection, ReportTable, ReportTile, ReportView
from api.editions.rows import HEAD, ExportCell, ExportRow, export_periods
from api.locales import WITHHELD, edition_language
from api.locales import edition_gettext as _
from api.process.file_tools import typeset_pdf, write_parquet
from api.process.files import make
from api.process.installation import import_lock
from survey.editions import Edition
from survey.files.delimited import write_csv

PDF_TEMPLATE = Path(__file__).parent / "edition.typ"
SLIDES_TEMPLATE = Path(__file__).parent / "slides.typ"
MOST_ALERTS = 6
MOST_FINDINGS = 3
MOST_NAMED = 3
MOST_ROWS = 6
UNSAFE = re.compile("[^a-z0-9]+")
NUMBERS = ("n", "value", "low", "high")
PaperWords = dict[str, str | dict[str, str]]


def render_edition_pdf(edition: Edition, sha256: str) -> bytes:
    """The PDF of an edition in the reader's language, if editions are translated into it."""
    return render_pdf(edition, sha256, edition_language())


# A stored edition never changes, so its PDF can serve the next reader of that language.
@lru_cache(maxsize=16)
def render_pdf(edition: Edition, sha256: str, language: str) -> bytes:
    """The PDF of an edition on A4 (PDF/UA-1): the same bytes for the same edition.

    Text goes in as data and is never read as markup; neither a clock nor system fonts are used.
    Called in a thread: loading the drawing libraries takes a second, the first time.
    """
    view = editions.report_view(edition, sha256)
    return compile_pdf(PDF_TEMPLATE, edition, view, paper_words(view) | {"language": language})


def compile_pdf(
    template: Path,
    edition: Edition,
    view: ReportView,
    words: PaperWords,
    more: dict[str, object] | None = None,
) -> bytes:
    """The PDF that a template makes of an edition's view, charts and words."""
    with import_lock("api.editions.drawing"):
        from api.editions import drawing

    return compile_view(template, view, words, drawing.render_charts(edition, drawing.PAPER), more)


def compile_view(
    template: Path,
    view: ReportView,
    words: PaperWords,
    charts: Mapping[str, str],
    more: dict[str, object] | None = None,
) -> bytes:
    """The PDF that a template makes of a view, drawn charts and words."""
    given = {"sheet": view, "charts": charts, "words": words} | (more or {})
    return make(typeset_pdf, str(template), msgspec.json.encode(given).decode(), False, False)


def paper_words(view: ReportView) -> PaperWords:
    """The words that only the PDF has."""
    about = {"number": view.number, "day": view.as_of}
    return {
        "synthetic": _("SYNTHETIC DATA"),
        "made_up": _("Every figure in this edition was made up."),
        "planted": _("What we built into this demo."),
        "edition": _("Edition {number}, data as of {day}.").format(**about),
        "footer": _("Edition {number}, data as of {day}, SHA-256 {hash}").format(
            **about, hash=view.sha256[:12]
        ),
        "page": _("{page} of {pages}"),
        "withheld": _(WITHHELD),
        "standings": {name: _(words) for name, words in STANDINGS.items()},
        "streams": {
            "sampled": _("Residents we asked"),
            "open": _("People who wrote in"),
            "complaints": _("People who complained"),
            "met": _("People the police met"),
        },
        "asked": _("Residents we asked"),
        "everyone": _("Open to all"),
        "worked_out": _("How this is worked out:"),
        "method": _("How we work out each figure: /method."),
        "how_made": _("How this edition was made"),
        "item": _("Item"),
        "value": _("Value"),
        "annex": _("The figures in full"),
        "charts": _("The figures in the charts"),
    }


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
    title = _("{title}: {label}").format(title=view.title, label=view.label)
    words = paper_words(view) | {"title_slide": title, "language": language}
    return compile_pdf(SLIDES_TEMPLATE, edition, view, words, {"slides": [*view_slides(view)]})


def view_slides(view: ReportView) -> Iterator[Slide]:
    """The slides of a report in the order of a meeting: figures, changes, alerts, actions."""
    sections = {section.key: section for section in view.every_section}
    yield from figure_slide(view, "perception_index", sections.get("index"))
    yield from areas_slide(sections.get("boroughs"))
    yield from figure_slide(view, "expected_deployments", sections.get("uses"))
    yield from finding_slides(sections.get("changed") or sections.get("summary"))
    yield from alert_slides(sections)
    yield from table_slide(sections.get("top-themes"))
    yield from table_slide(sections.get("actions"))


def figure_slide(view: ReportView, measure: str, section: ReportSection | None) -> Iterator[Slide]:
    """A key figure with its chart over time."""
    figures = [stat for stat in view.stats if stat.measure and stat.measure.name == measure]
    for key_figure in [figure for figure in figures if not figure.value.withheld][:1]:
        yield Slide(
            title=_("{label}, {window}: {value}").format(
                label=key_figure.label, window=key_figure.window, value=key_figure.value.text
            ),
            chart=section.figure.chart if section and section.figure else "",
            alt=section.figure.title if section and section.figure else "",
            facts=tuple(words for words in (key_figure.interval, key_figure.base) if words),
        )


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
        title = _("No borough is outside the limits")
    else:
        title = _("Below the limits: {below}. Above: {above}.").format(
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
    alerts = [box for box in section.boxes if box.standing != "closed"] if section else []
    for alert in alerts[:MOST_ALERTS]:
        about = sections.get("boroughs" if alert.section == "funnel-index" else alert.section)
        shown = about if about and (about.figure or about.tiles) else None
        yield Slide(
            title=f"{alert.place}: {alert.sentence}",
            chart=shown.figure.chart if shown and shown.figure else "",
            alt=shown.figure.title if shown and shown.figure else "",
            tiles=shown.tiles if shown and not shown.figure else (),
            facts=tuple(f"{name}: {words}" for name, words in alert.facts),
        )


def table_slide(section: ReportSection | None) -> Iterator[Slide]:
    """The first table of a section, shortened to what can be read on a wall."""
    if section is not None and section.tables:
        table = section.tables[0]
        rows = table.rows[:MOST_ROWS]
        yield Slide(title=section.heading, table=msgspec.structs.replace(table, rows=rows))


def render_csv(edition: Edition) -> bytes:
    """The rows as CSV (RFC 4180, UTF-8, CRLF). A withheld figure is an empty cell with its
    status.
    """
    # write_csv disarms cells that a spreadsheet would run: names and sentences are free text.
    return rows_as_csv(HEAD, edition_rows(edition))


def render_parquet(edition: Edition) -> bytes:
    """The rows of `render_csv` as Parquet with typed columns: text and 8-byte floats; a withheld
    figure is null.

    The same edition gives the same bytes: the file holds no time of writing.
    """
    rows = [[typed_cell(cell) for cell in row] for row in edition_rows(edition)]
    kinds = ["number" if name in NUMBERS else "text" for name in HEAD]
    columns = zip(*rows, strict=True) if rows else ([] for _ in HEAD)
    return make(write_parquet, list(zip(HEAD, kinds, columns, strict=True)))


def typed_cell(cell: ExportCell) -> ExportCell:
    """The cell as in the CSV, but never with an apostrophe: Parquet text is never executed."""
    return round(float(cell), 4) if isinstance(cell, int | float) else cell


def edition_rows(edition: Edition) -> Iterator[ExportRow]:
    return contents.export_rows(edition, export_periods(edition))


class PartFiles(msgspec.Struct, frozen=True):
    """The files of a section: the addresses of its tables, by name, and of its chart, or ''."""

    tables: tuple[tuple[str, str], ...]
    chart: str = ""


def table_name(table: object) -> str:
    """The name of a table in an address."""
    return UNSAFE.sub("-", str(table).lower()).strip("-")


def render_table_csv(edition: Edition, name: str) -> bytes:
    """The rows of one table as CSV, empty if the edition has no such table."""
    rows = [row for row in edition_rows(edition) if table_name(row[0]) == name]
    return rows_as_csv(HEAD, rows) if rows else b""


def rows_as_csv(head: Sequence[str], rows: Iterable[ExportRow]) -> bytes:
    return write_csv(
        [
            head,
            *(
                [round(cell, 4) if isinstance(cell, float) else cell for cell in row]
                for row in rows
            ),
        ]
    )


def files_of_sections(
    edition: Edition, sections: Iterable[ReportSection], drawn: Collection[str]
) -> Iterator[tuple[str, PartFiles]]:
    """The files of each section that has any, by its key; `drawn` are the names of all charts."""
    tables = dict.fromkeys(str(row[0]) for row in edition_rows(edition))
    for section in sections:
        files = tuple(
            (table, f"tables/{table_name(table)}.csv")
            for table in tables
            if any(fnmatchcase(table, pattern) for pattern in contents.section_tables(section.key))
        )
        shown = section.figure and section.figure.chart in drawn
        chart = f"charts/{section.figure.chart}" if section.figure and shown else ""
        if files or chart:
            yield section.key, PartFiles(files, chart)


def source_lines(view: ReportView, base: str) -> tuple[str, ...]:
    """What a picture of an edition says about where it is from."""
    return (
        *([_("Synthetic data: every figure was made up.")] if view.synthetic else []),
        _("Source: {title}, {label} ({period}). Edition {number}, data as of {day}.").format(
            title=view.title,
            label=view.label,
            period=view.period,
            number=view.number,
            day=view.as_of,
        ),
        f"{base}/reports/{view.kind}/{view.start}?number={view.number}",
        *view.attribution,
    )
