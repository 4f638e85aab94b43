"""An edition as files: a PDF to read, and CSV and Parquet with one figure a row."""

import io
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import msgspec

from api import editions
from api.editions import contents
from api.editions.cells import STANDINGS
from api.editions.report import ReportView
from api.editions.rows import HEAD, ExportCell, ExportRow, export_periods
from api.fonts import FONTS
from api.formatting import WITHHELD
from api.process.loading import import_lock
from api.translating import edition_gettext as _
from api.translating import edition_language
from survey.editions.edition import Edition
from survey.formats.csv_files import write_csv

PDF_TEMPLATE = Path(__file__).parent / "edition.typ"
NUMBERS = ("n", "value", "low", "high")


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
    with import_lock("api.editions.drawing", "typst"):
        import typst

        from api.editions import drawing

    view = editions.report_view(edition, sha256)
    given = {
        "sheet": view,
        "charts": drawing.render_charts(edition, drawing.PAPER),
        "words": paper_words(view) | {"language": language},
    }
    pdf: bytes = typst.compile(
        str(PDF_TEMPLATE),
        # A template can then read no file outside this folder.
        root=str(PDF_TEMPLATE.parent),
        font_paths=[str(FONTS)],
        ignore_system_fonts=True,
        sys_inputs={"data": msgspec.json.encode(given).decode()},
        pdf_standards=["ua-1"],
        timestamp=0,
    )
    return pdf


def paper_words(view: ReportView) -> dict[str, str | dict[str, str]]:
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


def render_csv(edition: Edition) -> bytes:
    """The rows as CSV (RFC 4180, UTF-8, CRLF). A withheld figure is an empty cell with its
    status.
    """
    # write_csv disarms cells that a spreadsheet would run: names and sentences are free text.
    return write_csv([HEAD, *([round_cell(cell) for cell in row] for row in edition_rows(edition))])


def round_cell(cell: ExportCell) -> ExportCell:
    return round(cell, 4) if isinstance(cell, float) else cell


def render_parquet(edition: Edition) -> bytes:
    """The rows of `render_csv` as Parquet with typed columns: text and 8-byte floats; a withheld
    figure is null.

    The same edition gives the same bytes: the file holds no time of writing.
    """
    with import_lock("polars"):
        import polars

    schema = {name: polars.Float64 if name in NUMBERS else polars.String for name in HEAD}
    found = [[typed_cell(cell) for cell in row] for row in edition_rows(edition)]
    written_to = io.BytesIO()
    frame = polars.DataFrame(found, schema=schema, orient="row")
    frame.write_parquet(written_to, compression="zstd", statistics=False)
    return written_to.getvalue()


def typed_cell(cell: ExportCell) -> ExportCell:
    """The cell as in the CSV, but never with an apostrophe: Parquet text is never executed."""
    return round(float(cell), 4) if isinstance(cell, int | float) else cell


def edition_rows(edition: Edition) -> Iterator[ExportRow]:
    return contents.export_rows(edition, export_periods(edition))
