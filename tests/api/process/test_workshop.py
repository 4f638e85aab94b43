"""Charts and files are made in a child process that comes and goes, and our own stays small."""

import os
import signal
import sys
from pathlib import Path

import pytest

from api.process import file_tools, files
from api.process.files import ToolError, Workshop, make
from survey.problems import Unavailable
from tests import alone
from tests.waiting import until_sync

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path d="M1 1"/></svg>'
CHART = """{"data": {"values": [{"a": 1}]}, "mark": "point", "encoding": {"x": {"field": "a"}}}"""
COLUMNS = [("day", "day", ["2026-01-01", None]), ("many", "whole", [1, None]),
           ("word", "text", ["a", None]), ("share", "number", [0.5, None])]  # fmt: skip


@pytest.fixture
def own(monkeypatch):
    """A workshop of this test alone."""
    found = Workshop()
    monkeypatch.setattr(files, "WORKSHOP", found)
    yield found
    found.end()


def calls(folder):
    """A call of every tool, and what its result begins with."""
    template = folder / "one.typ"
    template.write_text('#set document(title: "One")\n#title()\n#sys.inputs.data')
    part = folder / "one.part"
    part.write_bytes(make(file_tools.write_parquet, COLUMNS))
    return {
        file_tools.draw_svg: ((CHART,), "<svg"),
        file_tools.draw_png: ((SVG, 2), b"\x89PNG"),
        file_tools.typeset_pdf: ((str(template), "words", False, False), b"%PDF"),
        file_tools.write_parquet: ((COLUMNS,), b"PAR1"),
        file_tools.join_parquet: (([str(part)], str(folder / "whole")), str(folder / "whole")),
    }


def test_every_tool_works_and_none_of_its_libraries_is_loaded_here(own, tmp_path):
    with alone.run_scripts() as begin:
        process = begin(
            "import sys; from tests.api.process.test_workshop import check_all;"
            "check_all(sys.argv[1])", str(tmp_path),
        )  # fmt: skip
        said, told = process.communicate()
    assert process.returncode == 0, told
    assert said.splitlines() == sorted(file_tools.TOOLS)


def check_all(folder):
    made = calls(Path(folder))
    for tool, (given, begins) in sorted(made.items(), key=lambda one: one[0].__name__):
        assert make(tool, *given).startswith(begins)
        sys.stdout.write(f"{tool.__name__}\n")
    assert not {"vl_convert", "typst", "arro3"} & set(sys.modules)


def test_a_child_that_was_killed_is_replaced(own):
    assert make(file_tools.draw_png, SVG, 1).startswith(b"\x89PNG")
    first = own.process.pid
    os.kill(first, signal.SIGKILL)
    assert make(file_tools.draw_png, SVG, 1).startswith(b"\x89PNG")
    assert own.process.pid != first


def test_what_a_library_refuses_is_told_and_the_child_goes_on(own):
    with pytest.raises(ToolError, match="ValueError"):
        make(file_tools.draw_svg, "no chart")
    first = own.process.pid
    assert make(file_tools.draw_svg, CHART).startswith("<svg")
    assert own.process.pid == first


def test_a_file_that_takes_too_long_is_refused_and_its_child_ended(own, monkeypatch):
    monkeypatch.setattr(files, "LONGEST_S", 0)
    with pytest.raises(Unavailable) as refused:
        make(file_tools.draw_svg, CHART)
    assert refused.value.code == "workshop.stopped"
    assert own.process is None


def test_the_child_knows_no_secret_and_ends_with_us(monkeypatch):
    monkeypatch.setenv("SOUNDINGS_SECRET", "s" * 32)
    with alone.run_scripts() as begin:
        process = begin(
            "from api.process import file_tools, files\n"
            f"files.make(file_tools.draw_svg, {CHART!r})\n"
            "print(files.WORKSHOP.process.pid, flush=True); input()"
        )
        child = int(process.stdout.readline())
        assert b"SOUNDINGS_" not in Path(f"/proc/{child}/environ").read_bytes()
        process.kill()
        process.wait()
        until_sync(lambda: not is_alive(child))


def test_the_child_ends_when_nobody_asks_for_a_while(own, monkeypatch):
    ends, theirs = files.Pipe()
    monkeypatch.setattr(file_tools, "IDLE_S", 0)
    file_tools.answer_calls(theirs)  # returns
    ends.close()
    theirs.close()


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
