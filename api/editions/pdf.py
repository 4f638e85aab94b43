"""An edition as a PDF on A4 (PDF/UA-1): the same bytes for the same edition."""

from functools import lru_cache
from pathlib import Path

import msgspec
import typst

from api import editions
from api.editions import drawing
from api.fonts import FONTS
from survey.editions.edition import Edition

TEMPLATE = Path(__file__).parent / "edition.typ"


@lru_cache(maxsize=16)
def render_edition_pdf(edition: Edition, sha256: str) -> bytes:
    """The PDF of an edition.

    Text goes in as data and is never read as markup; neither a clock nor system fonts are used.
    """
    told = {
        "sheet": editions.report_view(edition, sha256),
        "charts": drawing.render_charts(edition, drawing.PAPER),
    }
    made: bytes = typst.compile(
        str(TEMPLATE),
        root=str(TEMPLATE.parent),
        font_paths=[str(FONTS)],
        ignore_system_fonts=True,
        sys_inputs={"data": msgspec.json.encode(told).decode()},
        pdf_standards=["ua-1"],
        timestamp=0,
    )
    return made
