"""The orientation of a picture, which is the only metadata of a camera that we keep."""

import struct

TAG = 0x0112
SHORT = 3


def orientation(tiff: bytes) -> int:
    """The orientation from the first EXIF directory, or 1 (upright) if none can be read.

    Everything else in EXIF is dropped, so parts that cannot be read do no harm.
    """
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None or len(tiff) < 8:
        return 1
    (start,) = struct.unpack(f"{order}I", tiff[4:8])
    # Start and count come from the file, so neither may lead past its end.
    entries = tiff[start + 2 :]
    (count,) = struct.unpack(f"{order}H", tiff[start : start + 2].ljust(2, b"\0"))
    for at in range(0, min(12 * count, len(entries) - 11), 12):
        tag, kind, number, value = struct.unpack(f"{order}HHIH", entries[at : at + 10])
        if (tag, kind, number) == (TAG, SHORT, 1):
            return int(value) if 1 <= value <= 8 else 1
    return 1


def orientation_exif(turned: int) -> bytes:
    """EXIF that holds nothing but the orientation; empty for an upright picture."""
    if turned == 1:
        return b""
    return b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, TAG, SHORT, 1, turned, 0, 0)
