"""The fonts of pages, charts and PDFs."""

from pathlib import Path

FONTS = Path(__file__).parent / "pages" / "static" / "fonts"
