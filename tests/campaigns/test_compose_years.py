"""What an operator does in years with docker-compose.yml: an older release's data come up to date,
a report is published, everything is lost and restored; and what each wrong setting says.
"""

import asyncio
import lzma
import re
import shutil
import uuid

import pytest

from api.commands.backups import EXCLUDED_TABLES
from tests import alone
from tests.campaigns.test_compose import (  # noqa: F401 - fixtures
    DATABASE_TOO,
    address_of_database,
    back_up,
    client,
    engine,
    is_up,
    run_once,
    site,
)
from tests.released import FOLDER, RECEIPTS, RELEASES, load_all_rows, lost_rows
from tests.waiting import until_sync

pytestmark = [pytest.mark.long, pytest.mark.allow_hosts(DATABASE_TOO)]
NARRATIVE = "A Taser was aimed at my brother Marmaduke outside our home."
CONTACT = {"email": "mrs.secretperson@example.org", "name": "Wilhelmina Secretperson"}
COMPLAINT = {
    "borough": "Hackney",
    "answers": {
        "narrative": NARRATIVE,
        "allegations": ["use_of_force_taser"],
        "when_known": "exact",
        "happened_on": "2026-11-14",
        "concerning": "other",
        "ground": "asked_me",
    },
    "contact": CONTACT | {"language": "en"},
}
PSQL = ("psql", "--host=/var/run/postgresql", "--username=soundings", "--quiet")
WRONG = {
    "SOUNDINGS_SECRET=short": "openssl rand -hex 32",
    "SOUNDINGS_SECURE_COOKIE=true": "did you mean SOUNDINGS_SECURE_COOKIES?",
    "SOUNDINGS_CONTACT_KEYS=no-key": "SOUNDINGS_CONTACT_KEYS",
    "SOUNDINGS_SMTP_PORT=mail": "SOUNDINGS_SMTP_PORT has to be a port",
    "POSTGRES_PASSWORD=another": "password authentication failed",
}


async def load_figures(engine):  # noqa: F811
    """Every row of every table that a backup holds."""
    connection = await alone.connect(address_of_database(engine))
    rows = await load_all_rows(connection)
    await connection.close()
    return {table: rows[table] for table in rows.keys() - set(EXCLUDED_TABLES)}


def load_older_data(engine):  # noqa: F811
    """Put the database of the last release in place of the one that is there."""
    engine.compose("stop", "app", "worker")
    for words in ("DROP DATABASE soundings WITH (FORCE)", "CREATE DATABASE soundings"):
        engine.compose("exec", "-T", "db", *PSQL, "--dbname=postgres", "--command", words)
    file = engine.top / "older.sql"
    file.write_bytes(lzma.decompress((FOLDER / f"{RELEASES[-1]}.sql.xz").read_bytes()))
    with file.open() as given:
        into = ("docker", "compose", "exec", "-T", "db", *PSQL, "--set=ON_ERROR_STOP=1")
        engine.run(*into, given=given)


def open_case(client, reference, passphrase):  # noqa: F811
    page = client.get("/case").text
    token = re.search(r'name="_csrf_token" value="([^"]+)"', page)[1]
    given = {"_csrf_token": token, "number": reference, "passphrase": passphrase}
    return client.post("/case", data=given)


async def test_older_data_come_up_to_date_and_outlive_a_loss_of_all(engine, client):  # noqa: F811
    until_sync(is_up, client)
    load_older_data(engine)
    before = await load_figures(engine)
    both = [asyncio.to_thread(run_once, engine, "migrate") for _ in range(2)]
    assert all("up to date" in said for said in await asyncio.gather(*both))
    assert list(lost_rows(before, await load_figures(engine))) == []
    engine.compose("up", "--detach")
    until_sync(is_up, client)
    older = dict(zip(("number", "passphrase"), RECEIPTS[RELEASES[-1]], strict=True))
    assert client.post("/api/v1/case/keys", json=older).status_code == 201

    sent = client.post(
        "/api/v1/complaints", json=COMPLAINT, headers={"Idempotency-Key": str(uuid.uuid4())}
    )
    receipt = sent.json()
    run_once(engine, "report", "weekly", "--publish", "--why", "A complaint came late.")
    report = client.get("/reports/weekly/latest").text
    engine.compose("stop", "app", "worker")
    saved = back_up(engine)
    before = await load_figures(engine)

    logs = engine.compose("logs")
    engine.compose("down", "--volumes")
    engine.compose("up", "--detach", "db", "migrate")
    words = ("restore", "--replace", f"/backups/{saved.name}")
    assert "Restored" in run_once(engine, *words, folder=saved.parent)
    assert list(lost_rows(before, await load_figures(engine))) == []
    engine.compose("up", "--detach")
    until_sync(is_up, client)
    assert client.get("/reports/weekly/latest").text == report
    assert "Marmaduke" in open_case(client, receipt["reference"], receipt["passphrase"]).text
    logs += engine.compose("logs")
    for never in ("Marmaduke", *CONTACT.values(), receipt["reference"], receipt["passphrase"]):
        assert never not in logs


@pytest.mark.parametrize("line", WRONG)
def test_a_wrong_setting_says_what_to_do_where_the_operator_looks(engine, client, line):  # noqa: F811
    """The start ends with an error; `docker compose logs migrate` has the words."""
    until_sync(is_up, client)
    env = engine.clone / ".env"
    kept = shutil.copy(env, engine.top / "env")
    name = line.partition("=")[0]
    others = [old for old in env.read_text().splitlines() if not old.startswith(f"{name}=")]
    env.write_text("\n".join([*others, line, ""]))
    said = engine.compose("up", "--detach", "migrate", "app", good=False)
    assert "migrate" in said
    assert WRONG[line] in engine.compose("logs", "migrate")
    shutil.copy(kept, env)
    engine.compose("up", "--detach")


def test_without_settings_it_says_which_are_missing(engine, site):  # noqa: F811
    env = engine.clone / ".env"
    kept = env.rename(engine.top / "env")
    assert "is missing a value: " in engine.compose("up", "--detach", good=False)
    kept.rename(env)
