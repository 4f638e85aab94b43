"""An edition as files: a PDF to read, and CSV and Parquet with one figure a row."""

import re
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
from api.locales import WITHHELD, edition_language
from api.locales import edition_gettext as _
from api.process.file_tools import typeset_pdf, write_parquet
from api.process.files import make
from api.process.installation import import_lock
from survey.editions import Edition
from survey.files.delimited import write_csv

PDF_TEMPLATE = Path(__file__).parent / "edition.typ"
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
            "police": _("Police reports"),
        },
        "worked_out": _("How this is worked out:"),
        "method": _("How we work out each figure: /method."),
        "how_made": _("How this edition was made"),
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
