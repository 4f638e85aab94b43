"""A function that reads a hostile file may abort, use up memory, loop or fail: only its child
process does.
"""

import io
import pickle
import sys
import types
import zipfile

import pytest

from survey.files import isolation, sheets
from survey.files.isolation import IsolationError, run_isolated, run_limited
from survey.problems import Invalid
from tests.files import hostile_files
from tests.files.spreadsheets import ods


def run_with_limits(function, *arguments, memory=300_000_000, seconds=10.0):
    return run_limited(function, arguments, {}, memory=memory, seconds=seconds)


def test_what_a_function_returns_comes_back():
    assert run_isolated(hostile_files.take_memory, size=10) == 10
    assert run_isolated(hostile_files.print_first) == "answer"


@pytest.mark.parametrize(
    ("function", "arguments", "seconds", "reason"),
    [
        (hostile_files.take_memory, (10**9,), 10, "memory"),
        (hostile_files.spin, (), 1, "time"),
        (hostile_files.fail, (), 10, "failed"),
        (hostile_files.give_function, (), 10, "died"),
    ],
)
def test_what_goes_wrong_in_the_child_is_said_in_the_parent(function, arguments, seconds, reason):
    with pytest.raises(IsolationError) as refusal:
        run_with_limits(function, *arguments, seconds=seconds)
    assert refusal.value.reason == reason


def test_what_a_child_wrote_does_not_choose_what_its_parent_imports():
    """Importing a module runs it: here one that prints a poem."""
    with pytest.raises(pickle.UnpicklingError, match="not a plain value"):
        isolation.PlainUnpickler(io.BytesIO(b"cthis\ns\n.")).load()
    assert "this" not in sys.modules


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("datetime", "datetime.__base__.__base__.__subclasses__"),
        ("datetime", "datetime.__mro__.__class__.__getitem__"),
        ("datetime", "datetime.__class__"),
        ("datetime", "__builtins__"),
        ("datetime", "sys"),
        ("decimal", "Context"),
        ("survey.files.isolation", "subprocess.Popen"),
        ("survey.files.isolation", "IsolationError.__base__"),
        ("survey.files.isolation", "answer_parent"),
    ],
)
def test_a_child_reaches_nothing_by_a_path_with_dots(module, name):
    """From protocol 4 on a name may be a path: with it every loaded class could be called."""
    words = b"".join(b"\x8c" + bytes([len(word)]) + word.encode() for word in (module, name))
    with pytest.raises(pickle.UnpicklingError, match="not a plain value"):
        isolation.PlainUnpickler(io.BytesIO(b"\x80\x04" + words + b"\x93.")).load()


@pytest.mark.parametrize("written", [b"csurvey.nowhere\nNothing\n.", b"cdatetime\nnone\n.", b"."])
def test_whatever_a_child_wrote_it_is_an_outcome_or_it_died(written):
    with pytest.raises(IsolationError) as refusal:
        isolation.read_outcome((0, written), 10**8)
    assert refusal.value.reason == "died"


def test_too_much_work_is_said_as_time_whichever_limit_comes_first(monkeypatch):
    """With several at once, the limit on processor time can end a run before the clock does."""
    one_second_of_work = types.SimpleNamespace(ceil=lambda _: 1)
    monkeypatch.setattr(isolation, "math", one_second_of_work)
    with pytest.raises(IsolationError) as refusal:
        run_with_limits(hostile_files.spin, seconds=60)
    assert refusal.value.reason == "time"


def test_a_refusal_of_ours_comes_back_as_it_is():
    with pytest.raises(Invalid) as refusal:
        run_isolated(hostile_files.refuse)
    assert refusal.value.code == "file.format"
    assert "Seen: nothing" in refusal.value.remedy


def test_a_child_knows_no_secret(monkeypatch):
    monkeypatch.setenv("SOUNDINGS_SECRET", "the secret")
    assert "the secret" not in run_isolated(hostile_files.get_environment).values()


def test_a_child_writes_no_file(tmp_path):
    with pytest.raises(IsolationError):
        run_isolated(hostile_files.write_file, str(tmp_path / "file"))
    assert not (tmp_path / "file").exists() or (tmp_path / "file").read_text() == ""


def test_a_small_workbook_that_needs_46_gigabytes_ends_no_process_of_ours():
    content = hostile_files.wide_and_high()
    with pytest.raises(Invalid) as refusal:
        sheets.read_workbook("figures.ods", content)
    assert "a sheet of 90,001 rows and 16,001 columns" in refusal.value.remedy
    with pytest.raises(IsolationError) as ended:  # and without our own reading before
        run_isolated(hostile_files.open_unchecked, content)
    assert ended.value.reason == "died"


def test_what_unpacks_to_more_than_it_says_is_not_opened():
    content = hostile_files.with_a_false_size(ods(Sheet=[["a"]]))
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        assert packed.getinfo("content.xml").file_size == 0
        with pytest.raises(sheets.UnsoundSpreadsheet, match="that says it has 0"):
            sheets.check_spreadsheet(packed)
    with pytest.raises(Invalid):
        sheets.read_workbook("figures.ods", content)


def test_a_bomb_is_counted_as_it_unpacks():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("content.xml", b" " * 2_000_000)
    with (
        zipfile.ZipFile(packed) as bomb,
        pytest.raises(sheets.UnsoundSpreadsheet, match="1,000,000 bytes"),
    ):
        sheets.check_unpacked(bomb, most=1_000_000)


def test_only_a_file_packed_with_its_type_in_front_is_taken_for_a_spreadsheet():
    assert sheets.is_spreadsheet(ods(Sheet=[["a"]]))
    assert not sheets.is_spreadsheet(b"PK\3\4" + bytes(60))
    text = hostile_files.repacked_archive(
        ods(Sheet=[["a"]]), lambda _: b"application/other", part="mimetype"
    )
    with pytest.raises(Invalid, match="not the file that was expected"):
        sheets.read_workbook("figures.ods", text)
