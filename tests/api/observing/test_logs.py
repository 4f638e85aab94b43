"""Log lines name errors and places; what was sent, or what a library quotes, is in none of them."""

import asyncio
import json
import logging
import os
import subprocess
import sys

import pytest

from api.app import build
from api.observing import logs
from api.observing.logs import LineFormatter, failure_place, line_as_text, log_line
from api.settings import ROOT, Settings
from survey.problems import Unavailable
from tests.alone import free_port

SENT = "They kept me waiting for nine hours."


def failure():
    try:
        raise ValueError(SENT)
    except ValueError as raised:
        return raised


def record(name, message, *values, error=None, **fields):
    kind = (type(error), error, error.__traceback__) if error else None
    made = logging.LogRecord(name, logging.ERROR, __file__, 7, message, values, kind)
    made.fields = fields
    return made


def test_our_own_message_is_shown_with_its_fields():
    line = log_line(record("soundings.worker", "job %s failed", "code", job="code", tries=2), "x 1")
    assert (line.message, line.job, line.tries, line.process) == (
        "job code failed",
        "code",
        2,
        "x 1",
    )


def test_a_field_that_no_line_has_is_refused():
    with pytest.raises(TypeError, match="reference"):
        log_line(record("soundings", "anything", reference="ABCD2345"), "x")


@pytest.mark.parametrize("name", ["asyncio", "uvicorn.error", "litestar", "py.warnings"])
def test_of_a_library_neither_values_nor_words_of_an_error_are_shown(name):
    line = log_line(record(name, "it said %s", SENT, error=failure()), "x")
    assert SENT not in line_as_text(line)
    assert (line.error, line.place.partition(":")[0]) == (
        "ValueError",
        "tests/api/observing/test_logs.py",
    )


def test_a_message_that_a_library_has_put_together_is_not_shown():
    line = log_line(record("asyncio", f"Task exception: {SENT}"), "x")
    assert line.message == "message of asyncio at test_logs.py:7"


def test_the_traceback_of_an_application_that_does_not_start_is_not_shown():
    line = log_line(record("uvicorn.error", f"Traceback:\nValueError: {SENT}\n"), "x")
    assert line.message == "message of uvicorn.error at test_logs.py:7"


async def test_an_application_that_does_not_start_says_why_in_our_words(caplog):
    away = Settings(database_url=f"postgresql://127.0.0.1:{free_port()}/soundings")
    with pytest.raises((Unavailable, ExceptionGroup)):  # a group where others start beside it
        async with build(away).lifespan():
            pass
    [said] = [one.getMessage() for one in caplog.records if one.name == "soundings"]
    assert "[database.unreachable]" in said


async def test_an_error_in_a_forgotten_task_is_logged_without_its_words(capsys):
    output = logging.StreamHandler(sys.stderr)
    output.setFormatter(LineFormatter("x", as_json=True))
    library = logging.getLogger("asyncio")
    library.addHandler(output)

    async def fail():
        raise ValueError(SENT)

    task = asyncio.get_running_loop().create_task(fail())
    await asyncio.wait({task})
    del task
    library.removeHandler(output)
    [line] = map(json.loads, capsys.readouterr().err.splitlines())
    assert (line["logger"], line["error"]) == ("asyncio", "ValueError")
    assert SENT not in str(line)


ENDING = f"""
import threading
from api.observing.logs import set_up_logging
from api.settings import Settings
set_up_logging(Settings(log_format="json"), "trial")
class Lost:
    def __del__(self):
        raise KeyError({SENT!r})
def fail():
    raise ValueError({SENT!r})
Lost()
thread = threading.Thread(target=fail)
thread.start()
thread.join()
fail()
"""


def test_what_ends_a_process_or_a_thread_is_a_line_without_its_words():
    done = subprocess.run(
        [sys.executable, "-P", "-c", ENDING],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    found = [json.loads(line) for line in done.stderr.splitlines()]
    assert [one["error"] for one in found] == ["KeyError", "ValueError", "ValueError"]
    assert SENT not in done.stderr
    assert found[-1]["message"].startswith("this process ends with ValueError at <string>")


def test_the_place_of_a_failure_is_where_it_was_raised():
    found = failure_place(failure())
    assert found["place"].startswith("tests/api/observing/test_logs.py:")
    assert failure_place(ValueError(SENT)) == {"error": "ValueError", "place": "?"}


def test_a_failure_without_a_request_names_none(capsys):
    assert logs.current_request_id() == ""
    assert "request" not in line_as_text(log_line(record("soundings", "words"), "x"))
