"""An edition as files: a PDF to read, a notice to the press, and CSV and Parquet with one figure
a row.
"""

import re
import textwrap
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path

import msgspec

from api import editions
from api.editions import contents
from api.editions.areas import STANDINGS
from api.editions.report import ReportSection, ReportView
from api.editions.rows import HEAD, ExportCell, ExportRow, export_periods
from api.locales import WITHHELD
from api.locales import edition_gettext as _
from api.process.file_tools import typeset_pdf, write_parquet
from api.process.files import make
from api.process.installation import import_lock
from survey.editions import Edition
from survey.files.delimited import write_csv

PDF_TEMPLATE = Path(__file__).parent / "edition.typ"
UNSAFE = re.compile("[^a-z0-9]+")
MOST_FINDINGS = 3
ACROSS = 78  # characters of a line of the press notice
NUMBERS = ("n", "value", "low", "high")
PaperWords = dict[str, str | dict[str, str]]


# A stored edition never changes, so its PDF can serve the next reader.
@lru_cache(maxsize=16)
def render_edition_pdf(edition: Edition, sha256: str) -> bytes:
    """The PDF of an edition on A4 (PDF/UA-1): the same bytes for the same edition.

    Text goes in as data and is never read as markup; neither a clock nor system fonts are used.
    Called in a thread: loading the drawing libraries takes a second, the first time.
    """
    view = editions.report_view(edition, sha256)
    return compile_pdf(PDF_TEMPLATE, edition, view, paper_words(view))


def compile_pdf(
    template: Path,
    edition: Edition,
    view: ReportView,
    words: PaperWords,
    more: dict[str, object] | None = None,
    *,
    wide: bool = False,
) -> bytes:
    """The PDF that a template makes of an edition's view, charts and words.

    `wide` where no chart stands beside another: drawn wide, its letters would be too small there.
    """
    with import_lock("api.editions.drawing"):
        from api.editions import drawing

    charts = drawing.render_charts(edition, drawing.PAPER if wide else drawing.PHONE)
    return compile_view(template, view, words, charts, more)


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
            "closed": _("People whose case was closed"),
            "police": _("Police reports"),
        },
        "worked_out": _("How this is worked out:"),
        "method": _("How we work out each figure: /method."),
        "how_made": _("How this edition was made"),
        "for_statisticians": _("For statisticians"),
        "item": _("Item"),
        "value": _("Value"),
        "annex": _("The figures in full"),
        "charts": _("The figures in the charts"),
    }


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
    """The files of a section: the addresses of its tables, and of its chart's page, or ''."""

    tables: tuple[tuple[str, str], ...]
    chart: str = ""


def table_name(table: object) -> str:
    """The name of a table in an address."""
    return UNSAFE.sub("-", str(table).lower()).strip("-")


def table_names(edition: Edition) -> list[str]:
    """The names of the tables of the CSV, in their order."""
    return [*dict.fromkeys(str(row[0]) for row in edition_rows(edition))]


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
    tables = table_names(edition)
    for section in sections:
        files = tuple(
            (table, f"tables/{table_name(table)}.csv")
            for table in tables
            if any(fnmatchcase(table, pattern) for pattern in contents.section_tables(section.key))
        )
        shown = section.figure and section.figure.chart in drawn
        chart = f"chart/{section.figure.chart}" if section.figure and shown else ""
        # Tiles have a page with the map of the same figures.
        chart = f"chart/{section.key}" if section.tiles else chart
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


def press_notice(view: ReportView, base: str, operator: str, contact: str) -> str:
    """A notice to the press, of one page in plain text, for people to read, change and send.

    It is made by the rule of findings and says nothing that the edition does not: what changed, how
    sure that is, what it does not show, how many were asked, and where all of it can be read.
    `operator` runs this installation and is reached at `contact`, if they say so.
    """
    link = f"{base}/reports/{view.kind}/{view.start}?number={view.number}"
    parts: list[tuple[str, Sequence[str]]] = [
        ("", notice_head(view)),
        (_("What we found"), [*notice_findings(view)]),
        (_("What this does not show"), [view.strip]),
        (_("How many people"), [*notice_people(view)]),
        (_("Read it"), [link]),
        (_("Who publishes it"), [part for part in (operator or _("Soundings"), contact) if part]),
        (_("Notes to editors"), [*editor_notes(view, base)]),
    ]
    return "\n\n".join(notice_block(title, lines) for title, lines in parts if lines) + "\n"


def notice_block(title: str, lines: Sequence[str]) -> str:
    wrapped = [textwrap.fill(line, ACROSS, break_long_words=False) for line in lines]
    return "\n".join(([title.upper()] if title else []) + wrapped)


def notice_head(view: ReportView) -> list[str]:
    synthetic = [_("SYNTHETIC DATA"), ""] if view.synthetic else []
    headline = view.lead[:1] or view.headline[:1]
    return [*synthetic, *headline, "", f"{view.title}, {view.label}. {view.period}."]


def notice_findings(view: ReportView) -> Iterator[str]:
    """At most three: the findings of the edition, then the first sentences of its headline."""
    rows = [
        row
        for section in view.front
        if section.key in ("changed", "summary")
        for table in section.tables[:1]
        if table.wordy
        for row in table.rows
    ]
    said = [
        *(
            _("{finding} How sure: {confidence}.").format(
                finding=row[0].text, confidence=row[1].text
            )
            for row in rows
        ),
        *view.headline,
    ]
    for number, sentence in enumerate(said[:MOST_FINDINGS], 1):
        yield f"{number}. {sentence}"


def notice_people(view: ReportView) -> Iterator[str]:
    """How many answered and wrote in; these are never added up."""
    names = {"sampled": _("Residents we asked"), "open": _("People who wrote in")}
    for figure in view.stats:
        if figure.stream in names and figure.base:
            value = "" if figure.stream == "sampled" else f"{figure.value.text}. "
            yield f"{names[figure.stream]}, {figure.window}: {value}{figure.base}."


def editor_notes(view: ReportView, base: str) -> Iterator[str]:
    yield _("Edition {number}, data as of {day}.").format(number=view.number, day=view.as_of)
    yield _("A published report never changes. A correction is a new edition.")
    yield _("How we work out each figure: {address}").format(address=f"{base}/method")
    yield _("All files and licences: {address}").format(address=f"{base}/about/sources")
    yield from view.correction
    if view.synthetic:
        yield _("Every figure in this edition was made up.")
