"""QR codes that lead to an address."""

import io
from typing import Any

from api.process.installation import import_lock

PNG_SCALE = 20  # pixels a module: sharp on a poster of A3


def draw_qr(address: str, ending: str) -> bytes:
    """The QR code of an address as SVG, PNG or PDF, with the quiet edge that scanners need."""
    with import_lock("segno"):  # when the first code is drawn: no other page needs it
        import segno

    drawn, written = segno.make_qr(address, error="m"), io.BytesIO()
    options: dict[str, Any] = {"scale": PNG_SCALE} if ending == "png" else {"scale": 10}
    drawn.save(written, kind=ending, border=4, light="white", **options)
    return written.getvalue()
