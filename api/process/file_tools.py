"""The libraries that draw charts and write PDFs and Parquet files: they take up to 250 MB each.

Run in a small process of its own (`workshop.py`), which ends when nobody needs it for a while:

python -P -m api.process.file_tools DESCRIPTOR
"""

import io
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from api.look import LOOK

if TYPE_CHECKING:
    from arro3.core import Array

FONTS = Path(__file__).parents[1] / "pages" / "static" / "fonts"
IDLE_S = 20.0  # after which the process ends
Cell = str | int | float | None
UNSHOWN = "could not be displayed"  # how typst says that no font has a character


def draw_svg(specification: str) -> str:
    """The SVG that Vega draws of a specification, with our own fonts."""
    import vl_convert

    # Our own fonts, so that charts do not depend on what a machine has installed.
    vl_convert.register_font_directory(str(FONTS))
    # No address may be fetched, whatever a specification names.
    drawing: str = vl_convert.vegalite_to_svg(specification, allowed_base_urls=[])
    return drawing


def draw_png(picture: str, scale: int) -> bytes:
    """An SVG as PNG, with `scale` pixels for each of its own."""
    import vl_convert

    vl_convert.register_font_directory(str(FONTS))
    drawn: bytes = vl_convert.svg_to_png(picture, scale=scale)
    return drawn


def typeset_pdf(template: str, data: str, system_fonts: bool, boxes: bool) -> bytes:
    """The PDF/UA that a template makes of data, with no time in it; text is never read as markup.

    With `boxes`, a character that no font has is printed as an empty box, and the file then does
    not claim to be PDF/UA.
    """
    import typst

    try:
        return typeset(template, data, system_fonts, claims=True)
    except typst.TypstError as refused:
        # Only a missing character has a way out; any other error must not be hidden.
        if not boxes or UNSHOWN not in str(refused):
            raise
        return typeset(template, data, system_fonts, claims=False)


def typeset(template: str, data: str, system_fonts: bool, *, claims: bool) -> bytes:
    import typst

    pdf: bytes = typst.compile(
        template,
        # A template can then read no file outside this folder.
        root=str(Path(template).parent),
        font_paths=[str(FONTS)],
        ignore_system_fonts=not system_fonts,
        sys_inputs={"data": data, "look": msgspec.json.encode(LOOK).decode()},
        pdf_standards=["ua-1"] if claims else [],
        timestamp=0,
    )
    return pdf


def write_parquet(columns: list[tuple[str, str, list[Cell]]]) -> bytes:
    """A Parquet file of columns, each with its name, type and values; no time of writing is stored
    in it.
    """
    from arro3 import core
    from arro3 import io as files

    arrays = [typed_array(kind, values) for _, kind, values in columns]
    table = core.Table.from_arrays(arrays, names=[name for name, _, _ in columns])
    written_to = io.BytesIO()
    files.write_parquet(table, written_to, compression="zstd(3)")
    return written_to.getvalue()


def typed_array(kind: str, values: list[Cell]) -> "Array":
    """The values of a column in the type that its kind has; nothing for a value of another type."""
    from arro3.core import Array, DataType

    if kind == "text":
        return Array([None if value is None else str(value) for value in values], DataType.utf8())
    if kind == "day":
        # They come as text: the way between the two processes has no dates.
        days = [str(value) if value else None for value in values]
        return Array(days, DataType.utf8()).cast(DataType.date32())
    if kind == "whole":
        return Array([*map(whole_or_none, values)], DataType.int64())
    return Array([*map(number_or_none, values)], DataType.float64())


def whole_or_none(value: Cell) -> int | None:
    return int(value) if isinstance(value, int | float) and abs(value) < 2**63 else None


def number_or_none(value: Cell) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def join_parquet(parts: list[str], whole: str) -> str:
    """Join Parquet files of one table, a few rows at a time; returns the new path."""
    from arro3 import core
    from arro3 import io as files

    schema = files.read_parquet(parts[0]).schema
    batches = (batch for part in parts for batch in files.read_parquet(part))
    rows = core.RecordBatchReader.from_batches(schema, batches)
    files.write_parquet(rows, whole, compression="zstd(3)")
    return whole


TOOLS: dict[str, Callable[..., str | bytes]] = {
    tool.__name__: tool for tool in (draw_svg, draw_png, typeset_pdf, write_parquet, join_parquet)
}


def answer_calls(line: Connection) -> None:
    """Answer calls one after the other, until no call comes for a while or the caller is gone."""
    while line.poll(IDLE_S):
        try:
            name, given = msgspec.msgpack.decode(line.recv_bytes())
        except EOFError:
            return
        try:
            answer = True, TOOLS[name](*given)
        except Exception as failure:  # whatever a library raises is told to whoever asked
            answer = False, f"{type(failure).__name__}: {failure}"
        line.send_bytes(msgspec.msgpack.encode(answer))


if __name__ == "__main__":
    answer_calls(Connection(int(sys.argv[1])))
