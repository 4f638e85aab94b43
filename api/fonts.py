"""The fonts that pages, charts and paper are set in."""

from pathlib import Path

FONTS = Path(__file__).parent / "pages" / "static" / "fonts"
