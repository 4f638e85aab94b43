"""The command line, as a newcomer types it."""

import os
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor

import asyncpg
import msgspec
import pytest
from click.testing import CliRunner

from api import clock
from api.__main__ import COMMANDS, main
from api.jobs import kinds
from api.settings import ROOT
from survey.surveys.ready import load_ready_instruments


@pytest.fixture(scope="module")
async def database(server):
    """An empty database of its own on the tests' server."""
    connection = await asyncpg.connect(server)
    await connection.execute("DROP DATABASE IF EXISTS commands WITH (FORCE)")
    await connection.execute("CREATE DATABASE commands")
    await connection.close()
    return server.replace("///soundings?", "///commands?")


@pytest.fixture
def settings(database, tmp_path):
    return {"SOUNDINGS_DATABASE_URL": database, "SOUNDINGS_DATA": str(tmp_path)}


@pytest.fixture
def run(settings):
    """Runs a command in this process: a new process would need seconds to load everything again.

    It runs in a thread, because each command has an event loop of its own.
    """

    def command(*arguments, code=0):
        asked = {"env": settings, "prog_name": "soundings"}
        with ThreadPoolExecutor(1) as thread:
            ended = thread.submit(CliRunner().invoke, main, arguments, **asked).result()
        assert ended.exit_code == code, ended.output
        return ended.output

    return command


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(run, name):
    output = run(name, "--help")
    assert "Usage: soundings" in output
    assert len(output.splitlines()) > 6


def test_the_doctor_says_what_is_missing_and_what_to_do(run):
    output = run("doctor")
    assert "Run `soundings migrate`" in output or "are loaded" in output
    assert "SOUNDINGS_DATABASE_URL" in output


def test_a_command_runs_as_a_program_too(settings):
    program = [sys.executable, "-P", "-m", "api", "migrate"]
    env = os.environ | settings | {"PYTHONPATH": str(ROOT)}
    ended = subprocess.run(program, env=env, capture_output=True, text=True, check=True)
    assert "up to date" in ended.stdout


def test_migrating_twice_changes_nothing(run):
    assert "up to date" in run("migrate")
    assert "up to date" in run("migrate")
    output = run("doctor")
    assert "City, surveys and codebook are loaded" in output
    assert "GB free in" in output
    assert "No worker has finished a job yet" in output or "The worker last finished" in output


async def test_a_version_of_a_closed_survey_is_closed_and_the_command_says_so(
    run, database, tmp_path
):
    feedback = next(one for one in load_ready_instruments() if one.slug == "feedback")
    first = msgspec.structs.replace(feedback, slug="ended", kind="survey", follows=None)
    for version in (1, 2):
        file = tmp_path / "survey.json"
        file.write_bytes(msgspec.json.encode(msgspec.structs.replace(first, version=version)))
        output = run("import", "survey", str(file))
        assert f"Published ended, version {version}" in output
        assert ("It is closed" in output) == (version == 2)
        connection = await asyncpg.connect(database)
        await connection.execute("UPDATE instruments SET closed = true WHERE slug = 'ended'")
        await connection.close()


def test_a_person_is_added_changed_and_shut_out(run):
    run("migrate")
    assert "/sign-in/" in run("account", "add", "zoe@example.org", "Zoe Bell", "reviewer")
    assert "account.exists" in run(
        "account", "add", "ZOE@example.org", "Zoe Bell", "reviewer", code=1
    )
    assert "can handle cases" in run(
        "account", "close", "zoe@example.org", "--cases-to", "nobody@example.org", code=1
    )
    run("account", "role", "zoe@example.org", "organiser")
    run("account", "close", "zoe@example.org")
    assert "closed" in run("account", "list")
    assert "no open account" in run("account", "link", "zoe@example.org", code=1)


async def test_an_owner_is_told_of_a_link_and_a_password_that_a_command_made(run, database):
    run("migrate")
    run("account", "add", "yara@example.org", "Yara Cole", "reviewer")
    run("account", "link", "yara@example.org")
    connection = await asyncpg.connect(database)
    await connection.execute(
        "INSERT INTO sessions (key_digest, account, expires_at)"
        " SELECT 'x', id, now() + interval '1 day' FROM accounts WHERE email = 'yara@example.org'"
    )
    run("account", "password", "yara@example.org", "--password", "three plain nouns walking")
    assert await connection.fetchval("SELECT count(*) FROM sessions WHERE key_digest = 'x'") == 0
    rows = await connection.fetch(
        "SELECT news FROM account_news JOIN accounts a ON a.id = account"
        " WHERE a.email = 'yara@example.org' ORDER BY account_news.id"
    )
    await connection.close()
    assert [row["news"] for row in rows] == ["link", "password"]


def test_a_wrong_period_is_refused_with_what_to_write(run):
    assert "not a day" in run("report", "weekly", "--period", "yesterday", code=2)
    assert "is in the future" in run("report", "monthly", "--period", "2999-01", code=2)


def test_more_figures_of_the_census_come_in_whole_or_not_at_all(run, tmp_path):
    file = tmp_path / "disability.csv"
    rows = "area,year,dimension,category,persons,source,published\n" + "".join(
        f"E09000025,2021,disability,{said},{persons},Census of 2021 by hand,2023-01-19\n"
        for said, persons in (("yes", 30_000), ("no", 230_000))
    )
    file.write_text(rows)
    said = run("import", "residents", str(file))
    assert "Saved 2 counts of residents of 1 areas (disability 2021)" in said
    for old, new, words in (
        (",yes,", ",limited a lot,", "'limited a lot' is not a category of 'disability'"),
        ("E09000025,2021,disability,no", "E09000002,2021,disability,no", "no row for 'no'"),
    ):
        file.write_text(rows.replace(old, new))
        assert words in run("import", "residents", str(file), code=1)


def test_a_file_of_deployments_comes_in_once(run, tmp_path):
    file = tmp_path / "plain.csv"
    file.write_text(
        "source,start,end,area,measure,tactic,count\n"
        "Force A,2007-12-10,2007-12-16,Hackney,incidents,drawn,6\n"
        "Force A,2007-12-10,2007-12-16,Brent,incidents,fired,1\n"
    )
    assert "2 figures for 2 areas" in run("import", "deployments", str(file))
    assert "import.same" in run("import", "deployments", str(file), code=1)
    file.write_text(file.read_text().replace("Brent", "Bremt"))
    refused = run("import", "deployments", str(file), code=1)
    assert "Bremt" in refused
    assert "row 3" in refused


MAPPING = """
source = "Force B: uses"
[columns]
area = "District"
start = "Month"
count = "Uses"
"""


def test_a_file_in_no_known_format_comes_in_by_a_mapping(run, tmp_path):
    assert "[columns]" in run("import", "--mapping-template")
    file, mapping = tmp_path / "other.csv", tmp_path / "map.toml"
    mapping.write_text(MAPPING)
    file.write_text("District,Month,Uses\nHackney,2007-11-01,6\n")
    output = run("import", str(file), "--mapping", str(mapping), "--known-on", "2007-12-20")
    assert "Saved other.csv (Force B: uses), taken as published on 20 December 2007." in output
    assert "1 figure for 1 area, 1 November 2007 to 30 November 2007." in output
    file.write_text("District,Month,Uses\nHackney,2007-11-01,8\n")
    output = run("import", "deployments", str(file), "--mapping", str(mapping))
    assert "officer_reports, ced, all: was 6, is 8" in output


def test_figures_are_written_as_they_were_known_on_a_day(run):
    cell = "Force B: uses,E09000012,2007-11-01,2007-11-30,officer_reports,ced,all"
    source = ("--source", "Force B: uses")
    assert f"{cell},6" in run("figures", "--as-of", "2007-12-31", *source)
    assert f"{cell},8" in run("figures", *source)
    changed = run("figures", "--changed-since", "2007-12-31", *source)
    assert f"{cell},6,8" in changed
    assert "figures written: 1" in changed


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("nonsense", "x"), "'nonsense' is not one of places, residents, deployments"),
        (("deployments",), "Missing argument 'PATH'"),
        (("deployments", "/nowhere.csv"), "does not exist"),
        (("deployments", "/tmp"), "'/tmp' is not a file"),
        (("places", "/etc/hostname"), "'/etc/hostname' is not a folder"),
    ],
)
def test_an_import_that_names_no_file_says_so(run, arguments, sentence):
    assert sentence in run("import", *arguments, code=2)


def test_an_edition_can_be_made_and_listed(run):
    assert "Edition 1 of the weekly report" in run("report", "weekly")
    assert "draft" in run("report", "list")
    start = kinds.last_week(clock.today()).isoformat()
    assert "number=1" in run("report", "publish", "weekly", start, "1")
    assert "published already" in run("report", "publish", "weekly", start, "1", code=1)
    assert "edition.unexplained" in run("report", "weekly", "--publish", code=1)
    assert "Published: " in run("report", "weekly", "--publish", "--why", "A file came late.")
    assert "draft" not in run("report", "list")


def test_answers_go_out_as_rows(run):
    output = run("export", "feedback")
    assert output.startswith("row,version,mode,area,language,day,subject")
    output = run("export", "feedback", "--words", "--as-answered")
    assert output.startswith("Row,Version of the survey,Who could answer,Borough,Language,Day,")


def test_answers_go_out_as_the_tables_of_a_zip(run, tmp_path):
    out = tmp_path / "answers.zip"
    run("export", "feedback", "--out", str(out))
    with zipfile.ZipFile(out) as parts:
        assert parts.namelist() == ["answers.csv"]
        assert parts.read("answers.csv").startswith(b"row,version,mode,")


async def test_what_a_reference_stands_for_is_erased_with_its_words(run, database):
    connection = await asyncpg.connect(database)
    run("migrate")
    await connection.execute(
        """
        WITH kept AS (
            INSERT INTO responses (reference, instrument, version, mode, area, language, answers)
            VALUES ('ABCD-EFGH', 'feedback',
                (SELECT max(version) FROM instruments WHERE slug = 'feedback'),
                'open', 'E09000012', 'en', '{}') RETURNING id)
        INSERT INTO texts (response, item, body, language) SELECT id, 'story', 'x', 'en' FROM kept
        """
    )
    assert "The response has been erased" in run("erase", "abcd-efgh")
    left = "SELECT (SELECT count(*) FROM responses) + (SELECT count(*) FROM texts)"
    assert await connection.fetchval(left) == 0
    assert "Nothing has the reference" in run("erase", "ABCD-EFGH", code=1)
    noted = await connection.fetch("SELECT act, subject FROM audit ORDER BY id DESC LIMIT 1")
    assert tuple(noted[0]) == ("response erased", "by its reference")
    await connection.close()
