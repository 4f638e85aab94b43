"""`transcription-check`: recordings of one's own, by group."""

import shutil

import pytest
from click.testing import CliRunner

from analysis import speech
from api.commands import checks
from api.jobs.attachments import RECORD_FILE, load_check
from tests.stored.spoken import SAID, SOUND

INSTALLED = pytest.mark.skipif(not speech.is_installed(), reason="the extra is not installed")


def run(folder, data):
    return CliRunner().invoke(checks.transcription_check, [str(folder), "--data", str(data)])


@pytest.fixture
def recordings(tmp_path):
    """A folder with two recordings of one group and one of another."""
    folder = tmp_path / "ours"
    folder.mkdir()
    for name in ("a.ogg", "b.ogg", "c.ogg"):
        (folder / name).write_bytes(SOUND)
    rows = [f'{name},{group},"{SAID}"' for name, group in
            (("a.ogg", "Scotland"), ("b.ogg", "Scotland"), ("c.ogg", "London"))]  # fmt: skip
    (folder / "recordings.csv").write_text("\n".join(["file,group,words", *rows]))
    return folder


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "missing"),
        ("file,group\na.ogg,x", "needs the columns"),
        ("file,group,words", "needs the columns"),
        ("file,group,words\nnone.ogg,x,y", "Row 2: there is no file 'none.ogg'"),
        ("file,group,words\n../ours/a.ogg,x,y", "Row 2: there is no file"),
        ("file,group,words\na.ogg,,y", "Row 2: group and words are needed"),
        ("file,group,words\na.ogg,x", "Row 2: group and words are needed"),
    ],
)
def test_a_list_that_is_wrong_says_where(recordings, tmp_path, content, why):
    (recordings / "recordings.csv").unlink()
    if content is not None:
        (recordings / "recordings.csv").write_text(content)
    found = run(recordings, tmp_path)
    assert found.exit_code == 1
    assert why in found.output


def test_without_the_extra_it_says_how_to_install_it(recordings, tmp_path, monkeypatch):
    monkeypatch.setattr(speech, "is_installed", lambda: False)
    found = run(recordings, tmp_path)
    assert found.exit_code == 1
    assert "--extra speech" in found.output


@INSTALLED
@pytest.mark.slow
def test_the_rates_are_printed_by_group_and_saved(recordings, tmp_path):
    found = run(recordings, tmp_path)
    assert found.exit_code == 0, found.output
    assert "Scotland" in found.output
    assert "Fewer than 10 recordings, which say little: Scotland, London." in found.output
    check = load_check(tmp_path)
    assert [(one.group, one.recordings, one.words) for one in check.groups] == [
        ("Scotland", 2, 42),
        ("London", 1, 21),
    ]
    assert 0 < check.groups[0].rate < 0.3
    assert check.groups[1].high is None


def test_a_check_of_another_model_is_none(tmp_path):
    assert load_check(tmp_path) is None
    (tmp_path / RECORD_FILE).write_text("{}")
    assert load_check(tmp_path) is None
    shutil.rmtree(tmp_path)
    assert load_check(tmp_path) is None
