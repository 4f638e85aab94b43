"""Makes charts and files in a child process, so that the process that asks stays small.

The child is started by the first call, does one after the other and ends when nobody has asked for
a while, or when we end. It knows none of our settings and secrets. A call blocks: make it in a
thread.
"""

import atexit
import contextlib
import datetime
import io
import os
import resource
import subprocess
import sys
import threading
from collections.abc import Callable
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TypeVar, cast

import msgspec

from api.fonts import FONTS
from api.settings import ROOT
from survey.problems import Unavailable

LONGEST_S = 120.0  # on a busy machine the first PDF of a month takes twelve

Made = TypeVar("Made", str, bytes)


class ToolError(RuntimeError):
    """A library could not make a file of what it was given."""


class Workshop:
    """A child process that makes files, while there is one."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.process: subprocess.Popen[bytes] | None = None
        self.line: Connection | None = None

    def ask(self, call: bytes) -> bytes:
        """The child's answer to a call; a child that has ended meanwhile is replaced once."""
        with self.lock:
            if answer := self.ask_once(call):
                return answer
            self.end()
            if answer := self.ask_once(call):
                return answer
            self.end()
        raise stopped_workshop()

    def ask_once(self, call: bytes) -> bytes:
        """The answer, or nothing if the child ends before or takes too long."""
        with contextlib.suppress(OSError, EOFError):
            line = self.line or self.start()
            line.send_bytes(call)
            if line.poll(LONGEST_S):
                return line.recv_bytes()
            self.end()
            raise stopped_workshop()
        return b""

    def start(self) -> Connection:
        self.line, theirs = Pipe()
        kept = {name: one for name, one in os.environ.items() if not name.startswith("SOUNDINGS_")}
        with theirs:
            self.process = subprocess.Popen(  # noqa: S603 - our own words, no shell
                [sys.executable, "-P", "-m", "api.process.workshop", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=kept | {"PYTHONPATH": str(ROOT)},
            )
        # What is made may be a letter with a code: no crash writes it to the disk.
        resource.prlimit(self.process.pid, resource.RLIMIT_CORE, (0, 0))
        # One that ends by itself is collected at once.
        threading.Thread(target=self.process.wait, name="workshop", daemon=True).start()
        atexit.register(self.end)
        return self.line

    def end(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        if self.line is not None:
            self.line.close()
        self.process = self.line = None


WORKSHOP = Workshop()


def make(tool: Callable[..., Made], *given: object) -> Made:
    """What a tool of `file_tools` makes of this, in the child."""
    call = msgspec.msgpack.encode((tool.__name__, given))
    fine, made = msgspec.msgpack.decode(WORKSHOP.ask(call))
    if not fine:
        raise ToolError(made)
    return cast(Made, made)


stopped_workshop = Unavailable.of(
    "workshop.stopped",
    "This file could not be made just now: the program that makes it stopped.",
    "Try again in a minute. If this does not change, contact whoever runs this service: the "
    "machine may have too little memory.",
)


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
    """An SVG as PNG, with so many pixels for each of its own."""
    import vl_convert

    vl_convert.register_font_directory(str(FONTS))
    drawn: bytes = vl_convert.svg_to_png(picture, scale=scale)
    return drawn


def typeset_pdf(template: str, data: str, system_fonts: bool, boxes: bool) -> bytes:
    """The PDF/UA that a template makes of data; no clock is used. Text is never read as markup.

    With `boxes` a character that no font has is printed as an empty box, and the file then does not
    claim PDF/UA.
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
        sys_inputs={"data": data},
        pdf_standards=["ua-1"] if claims else [],
        timestamp=0,
    )
    return pdf


def write_parquet(columns: list[tuple[str, str, list[Cell]]]) -> bytes:
    """A Parquet file of columns, each with its name, type and values; it holds no time."""
    import polars

    types = {
        "text": polars.String,
        "whole": polars.Int64,
        "number": polars.Float64,
        "day": polars.Date,
    }
    written_to = io.BytesIO()
    polars.DataFrame(
        [
            polars.Series(name, days_of(values) if kind == "day" else values,
                          dtype=types[kind], strict=False)
            for name, kind, values in columns
        ]
    ).write_parquet(written_to, compression="zstd", statistics=False)  # fmt: skip
    return written_to.getvalue()


def days_of(values: list[Cell]) -> list[datetime.date | None]:
    # They come as text: the way between the two processes has no dates.
    return [datetime.date.fromisoformat(str(one)) if one else None for one in values]


def join_parquet(parts: list[str], whole: str) -> str:
    """Join Parquet files of one table, a few rows at a time; the path of the whole."""
    import polars

    polars.scan_parquet([Path(one) for one in parts], glob=False).sink_parquet(whole)
    return whole


TOOLS: dict[str, Callable[..., str | bytes]] = {
    one.__name__: one for one in (draw_svg, draw_png, typeset_pdf, write_parquet, join_parquet)
}


def answer_calls(line: Connection) -> None:
    """Do what is asked for, one after the other, until nobody asks for a while or is there."""
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
