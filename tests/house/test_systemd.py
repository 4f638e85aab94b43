"""The units of systemd: every setting reaches the service, and their words are systemd's."""

import configparser
import shlex
import shutil
import subprocess

import msgspec
import pytest

from api.settings import SETTINGS_FILE, Settings, environment_name, load_settings
from tests.house.trees import ROOT

FOLDER = ROOT / "docs" / "systemd"
UNITS = sorted(path.name for path in FOLDER.glob("*.service"))
SCRIPTS = ("install", "soundings")
# The only variables that a unit sets; all others are read from settings.env in the data folder.
SET_BY_UNIT = {"SOUNDINGS_DATA", "PYTHONPYCACHEPREFIX", "KEEP_DAYS"}
OTHER_VALUES = {
    "data": None,  # the file that is read lies in it
    "exit_url": "https://example.org",
    "onion_url": "http://example.onion",
    "other_places": "https://west.example.org, https://north.example.org",
    "transcription": "read",
    "log_format": "json",
    "backup_copy": "cp {} /mnt",
}


def load_unit(name):
    """A directive that is given twice keeps its last value."""
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str
    unit.read(FOLDER / name)
    return unit


def other_value(field):
    """Some value that a setting may have and does not have by default, as text."""
    if field.name in OTHER_VALUES:
        return OTHER_VALUES[field.name]
    if isinstance(field.default, bool):
        return str(not field.default).lower()
    return str(field.default + 1) if isinstance(field.default, int) else "words = and # more"


def test_every_setting_reaches_the_service_from_the_file_in_its_data_folder(tmp_path):
    given = {
        field.name: value
        for field in msgspec.structs.fields(Settings)
        if (value := other_value(field)) is not None
    }
    lines = [f"{environment_name(name)}={value}" for name, value in given.items()]
    (tmp_path / SETTINGS_FILE).write_text("\n".join(lines))
    loaded = msgspec.structs.asdict(load_settings(data=tmp_path))
    assert {name: str(loaded[name]) for name in given} == {
        name: value.title() if value in ("true", "false") else value
        for name, value in given.items()
    }


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_sets_nothing_that_would_hide_the_file(name):
    text = (FOLDER / name).read_text()
    lines = [line for line in text.splitlines() if line.startswith("Environment")]
    names = {line.split("=")[1] for line in lines}
    assert {"SOUNDINGS_DATA"} <= names <= SET_BY_UNIT


def test_both_units_have_the_same_limits():
    """But for what the operator's own command of a backup needs: other disks."""
    service, backup = (
        dict(load_unit(name)["Service"])
        for name in ("soundings.service", "soundings-backup.service")
    )
    limits = [
        key for key in service if key.startswith(("Protect", "Private", "Restrict", "System"))
    ]
    assert len(limits) > 15
    assert [key for key in limits if service[key] != backup.get(key)] == ["ProtectSystem"]


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_scripts_are_programs_of_the_shell(name):
    subprocess.run(["/bin/sh", "-n", FOLDER / name], check=True)
    assert (FOLDER / name).stat().st_mode & 0o111


def test_places_are_those_of_the_unit():
    unit = load_unit("soundings.service")["Service"]
    data = f"/var/lib/{unit['StateDirectory']}"
    install = (FOLDER / "install").read_text()
    assert f"data={data}\n" in install
    assert f"SOUNDINGS_DATA={data}" in (FOLDER / "soundings").read_text()
    program = shlex.split(unit["ExecStart"])[0]
    assert program in (FOLDER / "soundings").read_text()
    assert f"program={program.rpartition('/')[0]}\n" in install


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
@pytest.mark.parametrize("name", UNITS)
def test_a_unit_is_as_closed_as_it_was(name):
    """2.0 of 10, where 0 is closed. A compiler of JavaScript draws the charts, and needs memory
    that it may write and execute.
    """
    words = ["systemd-analyze", "security", "--offline=true", "--threshold=20", FOLDER / name]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-500:]
