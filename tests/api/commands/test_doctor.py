"""`doctor` finds what operators overlook, and marks it OK, CHECK or FAIL."""

import datetime
import os
import re
import shutil
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import msgspec
import pytest

from analysis.text.model import mpnet
from api import clock
from api.commands import doctor
from api.commands.backups import RECORD_FILE, LastBackup
from api.observing import health, logs
from api.process import installation
from api.security import keyring
from api.settings import (
    ROOT,
    OtherVariables,
    Settings,
    environment_name,
    setting_names,
    unknown_variables,
)
from survey.problems import Unavailable
from survey.store import jobs
from tests import alone
from tests.fakes.language_model import start_fake_language_model

HTTPS = "https://soundings.example.org"
WEAK = ["a", "password", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "correct horse battery"]


@pytest.fixture(autouse=True)
def no_setting(monkeypatch):
    for name in [name for name in os.environ if name.startswith("SOUNDINGS_")]:
        monkeypatch.delenv(name)


def marks(found):
    return [one.mark for one in found]


def test_a_variable_that_is_no_setting_is_named_with_the_nearest_one(monkeypatch):
    monkeypatch.setenv("SOUNDINGS_SECURE_COOKIE", "true")
    monkeypatch.setenv("SOUNDINGS_WEATHER", "fine")
    first, second = doctor.doubtful_settings_findings(Settings())
    assert first.what == "SOUNDINGS_SECURE_COOKIE is not a setting."
    assert first.remedy == "Did you mean SOUNDINGS_SECURE_COOKIES?"
    assert second.what == "SOUNDINGS_WEATHER is not a setting."
    assert marks([first, second]) == ["CHECK", "CHECK"]


def test_every_variable_that_the_product_reads_is_known():
    files = [ROOT / "soundings", *(f for room in ("api", "survey", "analysis", "demo")
             for f in (ROOT / room).rglob("*.py"))]  # fmt: skip
    used = {name for f in files for name in re.findall(r"SOUNDINGS_[A-Z_]*[A-Z]", f.read_text())}
    fields = {environment_name(field.name) for field in msgspec.structs.fields(Settings)}
    assert used - fields - set(setting_names(OtherVariables)) == set()
    assert unknown_variables() == {}


def test_who_runs_it_and_how_to_reach_them_is_asked_for():
    found = doctor.operator_findings(Settings())
    assert marks(found) == ["CHECK"] * 3
    assert found[0].remedy == "Set SOUNDINGS_ORGANISATION."
    named = Settings(organisation="A group", contact="a@example.org", postal_address="Here")
    assert doctor.operator_findings(named) == []


@pytest.mark.parametrize("secret", WEAK)
def test_a_secret_that_can_be_guessed_is_a_failure_and_serves_nobody(secret, tmp_path):
    settings = Settings(secret=secret, data=tmp_path)
    [finding] = doctor.doubtful_settings_findings(settings)
    assert finding.mark == "FAIL"
    assert secret == "a" or secret not in finding.what + finding.remedy
    with pytest.raises(Unavailable) as refused:
        keyring.ensure_secrets(settings)
    assert refused.value.code == "secret.weak"


def test_settings_with_which_serve_would_not_start_are_failures(monkeypatch):
    for module in (logs, installation):
        monkeypatch.setattr(module, "find_spec", lambda _: None)
    traces = "http://127.0.0.1:4318/v1/traces"
    wrong = Settings(metrics_token="a", traces_url=traces, archive="/srv/answers")
    found = doctor.observing_findings(wrong)
    assert marks(found) == ["FAIL", "FAIL", "FAIL"]
    assert all(one.remedy for one in found)
    assert doctor.observing_findings(Settings(metrics_token="0123456789abcdef" * 2)) == []


@pytest.mark.parametrize(
    ("address", "secure", "expected"),
    [
        ("", False, []),
        (HTTPS, True, []),
        (HTTPS, False, ["FAIL"]),
        ("http://127.0.0.1:8000", False, []),
        ("http://soundings.example.org", False, ["CHECK"]),
        ("soundings.example.org", False, ["FAIL"]),
    ],
)
def test_an_address_and_its_cookies_go_together(address, secure, expected):
    settings = Settings(public_url=address, secure_cookies=secure)
    assert marks(doctor.doubtful_settings_findings(settings)) == expected


Usage = namedtuple("Usage", "free")


@pytest.mark.parametrize(("free", "mark"), [(10**8, "FAIL"), (10**9, "CHECK"), (10**11, "OK")])
def test_a_disk_that_is_nearly_full_is_told(free, mark, tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: Usage(free))
    found = doctor.disk_finding(Settings(data=tmp_path / "not" / "yet"))
    assert found.mark == mark
    assert f"{free / 1e9:.1f} GB free in {tmp_path}" in found.what


def test_room_is_that_of_the_disk_of_the_embedded_database_too(tmp_path):
    """Its data are elsewhere where the server's account cannot reach the folder."""
    elsewhere = Path("/dev/shm")
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "home").symlink_to(elsewhere)
    free = {folder: shutil.disk_usage(folder).free for folder in (tmp_path, elsewhere)}
    assert health.fullest_folder(tmp_path) == min(free, key=free.get)
    assert health.fullest_folder(elsewhere) == elsewhere


def test_the_disk_of_a_server_elsewhere_is_not_claimed_to_be_seen(tmp_path):
    found = doctor.disk_finding(Settings(data=tmp_path, database_url="postgresql://db/x"))
    assert "the disk of your own PostgreSQL is not seen from here" in found.what


@pytest.mark.parametrize(("days", "mark"), [(1, "OK"), (8, "CHECK")])
def test_the_age_of_the_last_backup_is_told(days, mark, tmp_path):
    assert doctor.backup_finding(Settings(data=tmp_path)).mark == "CHECK"
    at = clock.now() - datetime.timedelta(days=days)
    last = LastBackup(at, str(tmp_path), 5, "x")
    (tmp_path / RECORD_FILE).write_bytes(msgspec.json.encode(last))
    found = doctor.backup_finding(Settings(data=tmp_path))
    assert found.mark == mark
    assert ("8 days ago" in found.what) == (days == 8)
    (tmp_path / RECORD_FILE).write_text("no JSON")
    assert doctor.backup_finding(Settings(data=tmp_path)).mark == "CHECK"


async def test_a_worker_that_finished_nothing_for_hours_is_told(db):
    connection = db.the_connection
    [none] = await doctor.worker_findings(connection, Settings())
    assert none.mark == "CHECK"
    await connection.execute(
        "INSERT INTO jobs_finished VALUES ('retention', now() - interval '5 hours')"
    )
    [late] = await doctor.worker_findings(connection, Settings())
    assert late.mark == "CHECK"
    assert late.what.endswith("it should do so every hour.")
    await connection.execute("UPDATE jobs_finished SET finished_at = now()")
    [recent] = await doctor.worker_findings(connection, Settings())
    assert recent.mark == "OK"
    assert await jobs.find_last_finished(connection) is not None


async def test_one_check_that_is_refused_hides_none_of_the_others(server):
    settings = Settings(database_url=server, contact_keys="no key at all")
    found = await doctor.database_findings(settings, retry=False)
    assert found[0].what.startswith("PostgreSQL")
    assert found[-1] == doctor.DoctorFinding(
        "FAIL",
        "A key in SOUNDINGS_CONTACT_KEYS is not valid.",
        "Give every key that was ever used in SOUNDINGS_CONTACT_KEYS, the newest first.",
    )


def test_the_doctor_says_its_version_and_its_marks(tmp_path):
    done = subprocess.run(
        [sys.executable, "-P", "-m", "api", "doctor"],
        env=os.environ
        | {
            "PYTHONPATH": str(ROOT),
            "SOUNDINGS_DATABASE_URL": "postgresql:///nowhere?host=/nowhere",
            "SOUNDINGS_SECRET": "a",
            "SOUNDINGS_DATA": str(tmp_path),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    first, *rest = done.stdout.splitlines()
    assert first.startswith("OK    Soundings 0.")
    assert {line.split()[0] for line in rest if line[0] != " "} == {"OK", "CHECK", "FAIL"}


async def test_the_language_model_is_asked_for_its_name():
    async with start_fake_language_model() as (fake, url):
        for name, mark, words in (
            ("", "OK", "answers (small)"),
            ("small", "OK", "answers (small)"),
            ("large", "CHECK", "offers small, not large"),
        ):
            settings = Settings(language_model_url=url, language_model_name=name)
            [finding] = await doctor.language_model_findings(None, settings)
            assert finding.mark == mark
            assert words in finding.what
        fake.status = 500
        [finding] = await doctor.language_model_findings(None, settings)
        assert finding.mark == "CHECK"


async def test_without_a_language_model_doctor_says_nothing_of_one():
    assert await doctor.language_model_findings(None, Settings()) == []


async def test_a_language_model_elsewhere_is_a_failure():
    settings = Settings(language_model_url="https://api.example.org/v1", language_model_key="s3")
    with pytest.raises(Unavailable, match="not an address of this machine"):
        await doctor.language_model_findings(None, settings)
    [line] = [one.what for one in doctor.settings_findings(settings) if "MODEL_KEY" in one.what]
    assert line.endswith(" = set")


@pytest.mark.parametrize(("installed", "mark"), [(True, "OK"), (False, "CHECK")])
def test_a_second_reader_that_is_asked_for_and_absent_is_said(installed, mark, monkeypatch):
    monkeypatch.setattr(mpnet, "is_installed", lambda: installed)
    assert doctor.mpnet_findings(Settings()) == []
    [finding] = doctor.mpnet_findings(Settings(mpnet=True))
    assert finding.mark == mark


async def test_a_replica_that_is_away_is_something_to_look_at(db):
    """Nothing fails without it, and a worker's health is judged by this command."""
    assert await doctor.replica_findings(db.the_connection, Settings()) == []
    nowhere = f"postgresql://soundings@127.0.0.1:{alone.free_port()}/soundings"
    [found] = await doctor.replica_findings(db.the_connection, Settings(read_database_url=nowhere))
    assert found.mark == "CHECK"
    assert found.what.startswith("The replica cannot be reached")


async def test_what_is_no_replica_of_this_database_is_a_failure(db, server):
    settings = Settings(read_database_url=server)
    assert marks(await doctor.replica_findings(db.the_connection, settings)) == ["FAIL"]


async def test_too_little_memory_behind_a_pooler_is_named(db):
    pooled = Settings(database_url="postgresql://pooler/a", direct_database_url="postgresql://b/a")
    connection = db.the_connection
    assert await doctor.pooler_findings(connection, Settings()) == []
    await connection.execute("SET LOCAL work_mem = '4MB'")
    [found] = await doctor.pooler_findings(connection, pooled)
    assert (found.mark, "ALTER ROLE" in found.remedy) == ("CHECK", True)
    await connection.execute("SET LOCAL work_mem = '32MB'")
    assert marks(await doctor.pooler_findings(connection, pooled)) == ["OK"]


def test_no_address_of_a_collector_is_shown_with_its_password():
    settings = Settings(traces_url="https://us:hunter2@traces.example/v1/traces")
    text = " ".join(one.what for one in doctor.settings_findings(settings))
    assert "hunter2" not in text
    assert "https://us@traces.example/v1/traces" in text


def test_no_address_of_a_database_is_shown_with_its_password():
    urls = {
        name: f"postgresql://soundings:hunter2@{name}:5432/soundings"
        for name in ("database_url", "direct_database_url", "read_database_url")
    }
    text = " ".join(one.what for one in doctor.settings_findings(Settings(**urls)))
    assert "hunter2" not in text
    assert text.count("postgresql://soundings@") == 3


async def test_an_archive_that_may_hold_who_was_erased_is_reported(db):
    settings = Settings(archive="/srv/answers")
    assert await doctor.archive_findings(db.the_connection, Settings()) == []
    [found] = await doctor.archive_findings(db.the_connection, settings)
    assert (found.mark, found.what) == ("OK", "Closed months in /srv/answers: 0")
    await db.the_connection.execute(
        "INSERT INTO archive_months (month, place, files, persons, stale)"
        " VALUES ('2026-01-01', '/srv/answers', '[]', 9, true)"
    )
    [found] = await doctor.archive_findings(db.the_connection, settings)
    assert found.remedy == "Run the worker, or `soundings archive`."
    [elsewhere, stale] = await doctor.archive_findings(db.the_connection, Settings())
    assert "/srv/answers" in elsewhere.what
    assert {elsewhere.mark, stale.mark} == {"CHECK"}
