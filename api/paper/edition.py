"""An edition on A4 by typst: PDF/UA-1, and the same bytes for the same edition."""

from functools import lru_cache
from pathlib import Path

import msgspec
import typst

from api import charts, sheet
from api.fonts import FONTS
from survey.editions import Edition

TEMPLATE = Path(__file__).parent / "edition.typ"


@lru_cache(maxsize=16)
def pdf(edition: Edition, sha256: str) -> bytes:
    """The words go in as data and are never read as markup; no clock and no system font is."""
    told = {
        "sheet": sheet.laid_out(edition, sha256),
        "charts": charts.drawn(edition, charts.PAPER),
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
