"""Log lines on standard error, as text or as JSON: never what somebody sent, nor who they are.

A line has a fixed set of fields. Messages are written by us, so they are shown; a library's message
may quote anything, so only its place is. An error is its type and place, without its words.
"""

import datetime
import logging
import os
import sys
import threading
from pathlib import Path
from types import TracebackType

import msgspec

from api.observing import metrics
from api.observing.current import current_request_id
from api.settings import ROOT, Settings
from survey.store.connections import condition

OURS = "soundings"
# Its messages are constants of its code, shown without the values that it would put into them;
# but for the traceback of an application that does not start, which has the words of the error.
WITH_CONSTANT_MESSAGES = ("uvicorn",)
TRACEBACK = "Traceback"

log = logging.getLogger("soundings")


class LogLine(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One line. Whatever logs can give no other field than these."""

    time: str
    level: str
    logger: str
    message: str
    process: str = ""
    request: str = ""
    method: str = ""
    route: str = ""
    job: str = ""
    tries: int = 0
    seconds: float = 0.0
    statement: str = ""
    error: str = ""
    place: str = ""


class LineFormatter(logging.Formatter):
    """Makes each record one line; `process` is what this process is called in it."""

    def __init__(self, process: str, *, as_json: bool) -> None:
        super().__init__()
        self.process, self.as_json = process, as_json

    def format(self, record: logging.LogRecord) -> str:
        line = log_line(record, self.process)
        metrics.count("soundings_log_lines_total", level=line.level.lower())
        return msgspec.json.encode(line).decode() if self.as_json else line_as_text(line)


def log_line(record: logging.LogRecord, process: str) -> LogLine:
    at = datetime.datetime.fromtimestamp(record.created, datetime.UTC)
    error = record.exc_info[1] if record.exc_info else None
    found = failure_place(error) if error else {}
    return LogLine(
        time=f"{at:%Y-%m-%dT%H:%M:%SZ}",
        level=record.levelname,
        logger=record.name,
        message=message_of(record),
        process=process,
        request=current_request_id(),
        **(found | getattr(record, "fields", {})),
    )


def message_of(record: logging.LogRecord) -> str:
    """The message of a record if it can hold nothing that was sent, else where it was logged."""
    source = record.name.partition(".")[0]
    if source == OURS:
        return record.getMessage()
    if source in WITH_CONSTANT_MESSAGES and not str(record.msg).startswith(TRACEBACK):
        return str(record.msg)
    return f"message of {record.name} at {Path(record.pathname).name}:{record.lineno}"


def line_as_text(line: LogLine) -> str:
    words = f"{line.time} {line.level} {line.logger}: {line.message}"
    # Our own messages name the error already; this is for those of libraries.
    if line.error and line.error not in line.message:
        words += f" ({line.error} at {line.place})"
    return words + (f" [request {line.request}]" if line.request else "")


def failure_place(failure: BaseException) -> dict[str, str]:
    """The failure's type and innermost place; never its message, which may quote what was sent."""
    place = failure.__traceback__
    # To the innermost frame: the outer ones are the framework's, the same for every error.
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    if place is None:
        return {"error": type(failure).__name__, "place": "?"}
    file = place.tb_frame.f_code.co_filename.removeprefix(f"{ROOT}/")
    return {"error": type(failure).__name__, "place": f"{file}:{place.tb_lineno}"}


def set_up_logging(settings: Settings, name: str) -> None:
    """Write what this process logs from now on, and what ends it, as lines of ours."""
    output = logging.StreamHandler()
    as_json = settings.log_format == "json"
    output.setFormatter(LineFormatter(f"{name} {os.getpid()}", as_json=as_json))
    logging.basicConfig(handlers=[output], level=logging.WARNING, force=True)
    condition.WATCH.slow_s = settings.slow_s
    # Python would print these with their message, and a line of our own program.
    sys.excepthook = log_uncaught
    sys.unraisablehook = lambda wrong: log_lost(wrong.exc_value)
    threading.excepthook = lambda wrong: log_lost(wrong.exc_value)


def log_uncaught(
    kind: type[BaseException], failure: BaseException, trace: TracebackType | None
) -> None:
    """Log what ends this process, unless somebody stopped it."""
    if issubclass(kind, KeyboardInterrupt):
        return
    log_failure("this process ends with", failure)


def log_lost(failure: BaseException | None) -> None:
    """Log a failure that nobody was there to handle."""
    if failure is not None:
        log_failure("nobody handled", failure)


def log_failure(words: str, failure: BaseException, **fields: str) -> None:
    """Log an error with its type and place, without its message."""
    found = failure_place(failure)
    log.error(
        "%s %s at %s", words, found["error"], found["place"], extra={"fields": found | fields}
    )
