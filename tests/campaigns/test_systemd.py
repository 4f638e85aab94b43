"""The units of docs/systemd as an operator uses them, under systemd, in a Debian of their own.

The tests follow each other: installed, used, backed up, killed, behind a proxy, upgraded.
"""

import asyncio
import lzma
import re
import secrets
import uuid

import asyncpg
import httpx
import pytest

from survey.store import database
from tests import alone
from tests.campaigns.booted_debian import run_debian
from tests.campaigns.test_compose import ANSWER, is_up, sign_in
from tests.files import uploads
from tests.released import FOLDER, RELEASES, load_all_rows, lost_rows
from tests.waiting import until_sync

pytestmark = pytest.mark.long
ADDRESS = "http://127.0.0.1:8000"
DATA = "/var/lib/soundings-data"
BACKUPS = "/var/backups/soundings"
INSTALL = "/opt/soundings/docs/systemd/install"
ANSWERS = """
SOUNDINGS_ORGANISATION=Taser working group
SOUNDINGS_CONTACT=hello@example.org
SOUNDINGS_PUBLIC_URL=http://127.0.0.1:8000
SOUNDINGS_ONION_URL=http://onion.onion
SOUNDINGS_ADMINISTRATOR=Joan Adeyemi <joan@example.org>
"""
DOMAIN = (alone.ROOT / "docs/how-to/operators/use-a-domain.md").read_text()
QUEUE = {"jobs", "job_starts"}  # the worker has begun to work on it
FENCED = re.findall(r"^```text\n(.*?)^```", DOMAIN, flags=re.MULTILINE | re.DOTALL)
# Typeset, drawn, read by a model, and read in a child process with limits: each has its own needs
# of the kernel, which a unit may forbid.
FILES = ("edition.pdf", "edition.xlsx", "edition.parquet", "slides.pdf")


@pytest.fixture(scope="module")
def debian():
    with run_debian() as booted:
        yield booted


@pytest.fixture
def client(debian):
    with httpx.Client(base_url=ADDRESS, follow_redirects=True, timeout=60, trust_env=False) as made:
        yield made


def answer(client, **headers):
    headers["Idempotency-Key"] = str(uuid.uuid4())
    return client.post("/api/v1/surveys/feedback/responses", json=ANSWER, headers=headers)


def test_a_clone_and_one_command_make_a_service(debian, client):
    debian.write("/root/answers", ANSWERS)
    (debian.root / "root/answers").chmod(0o600)
    printed = debian.run(INSTALL, "--file", "/root/answers")
    until_sync(is_up, client)
    assert sign_in(client, printed).status_code == 200
    assert client.get("/complaints").headers["Onion-Location"] == "http://onion.onion/complaints"
    assert debian.run("systemctl", "is-enabled", "soundings", "soundings-backup.timer")
    assert not (debian.root / DATA[1:] / "answers").exists()
    assert "OK    PostgreSQL" in debian.run("soundings", "doctor")


def test_everything_works_under_the_limits_of_the_unit(debian, client):
    until_sync(is_up, client)
    assert answer(client).status_code == 201
    photo = {"files": ("door.jpg", uploads.plain_jpeg(), "image/jpeg")}
    client.post("/complaints")
    client.post("/complaints/borough", data={"answer": "E09000012"})
    client.post("/complaints/what", data={"q-narrative": "They pushed me."})
    added = client.post("/complaints/evidence", files=photo, data={"act": "add"})
    assert "door.jpg" in added.text
    assert client.get("/complaints/form.pdf").content.startswith(b"%PDF")
    # Asked without work for the machine, as the worker has a low priority.
    until_sync(lambda: client.get("/health").json()["worker"] == "ok")
    debian.run("soundings", "report", "weekly", "--publish")
    page = client.get("/reports/weekly/latest")
    assert page.status_code == 200
    for file in FILES:
        got = client.get(f"/reports/weekly/latest/{file}")
        assert got.status_code == 200, file
        assert len(got.content) > 1_000, file
    until_sync(lambda: "texts 0" in debian.run("soundings", "doctor"))
    assert "error" not in debian.run("journalctl", "--unit=soundings", "--output=cat").lower()


def main_process(debian):
    return debian.run("systemctl", "show", "--value", "--property=MainPID", "soundings").strip()


def test_the_service_can_write_its_data_alone(debian):
    security = ("systemd-analyze", "security", "--no-pager", "--threshold=20")
    for unit in ("soundings", "soundings-backup"):
        debian.run(*security, f"{unit}.service")
    number = main_process(debian)
    status = dict(re.findall(r"^(\w+):\t(\S+)", debian.run("cat", f"/proc/{number}/status"), re.M))
    assert status["Uid"] != "0"
    assert (status["NoNewPrivs"], status["CapBnd"], status["Seccomp"]) == ("1", "0" * 16, "2")
    inside = ("nsenter", f"--target={number}", "--mount", "--", "touch")
    for path in ("/opt/soundings/x", "/etc/x", "/var/lib/x", "/usr/x"):
        assert "Read-only" in debian.run(*inside, path, good=False)
    debian.run(*inside, f"{DATA}/x")
    debian.run("runuser", "-u", "soundings", "--", "touch", "/opt/soundings/x", good=False)


def set_setting(debian, line):
    settings = debian.root / DATA[1:] / "settings.env"
    name = line.partition("=")[0]
    kept = [one for one in settings.read_text().splitlines() if not one.startswith(f"{name}=")]
    settings.write_text("\n".join([*kept, line, ""]))


def test_the_nightly_backup_is_tried_copied_and_missed(debian, client):
    old = debian.root / BACKUPS[1:] / "soundings-2026-01-01T0230.backup"
    debian.run(
        "runuser",
        "-u",
        "soundings",
        "--",
        "touch",
        "-d",
        "31 days ago",
        f"/{old.relative_to(debian.root)}",
    )
    debian.run("install", "-d", "-o", "soundings", "/mnt/second")
    set_setting(debian, "SOUNDINGS_BACKUP_COPY=cp {} {}.sha256 /mnt/second")
    assert "soundings-backup.timer" in debian.run("systemctl", "list-timers", "--no-pager")
    debian.run("systemctl", "start", "soundings-backup")
    assert ", restored on trial, copied" in debian.run("soundings", "doctor")
    [saved, _] = sorted((debian.root / "mnt/second").iterdir())
    assert not old.exists()
    assert (debian.root / BACKUPS[1:] / saved.name).stat().st_mode & 0o777 == 0o600

    set_setting(debian, "SOUNDINGS_BACKUP_COPY=cp {} /mnt/none/")
    until_sync(lambda: debian.run("date", "+%H%M").strip() not in saved.name)
    debian.run("systemctl", "start", "soundings-backup", good=False)
    assert "soundings-backup" in debian.run("systemctl", "--failed", "--no-pager")
    assert "FAIL  The backup of" in debian.run("soundings", "doctor", good=False)
    set_setting(debian, "SOUNDINGS_BACKUP_COPY=")

    answer(client)
    debian.run("systemctl", "stop", "soundings")
    printed = debian.run("soundings", "restore", "--replace", f"{BACKUPS}/{saved.name}")
    assert "Restored" in printed
    debian.run("systemctl", "start", "soundings")
    until_sync(is_up, client)


def test_a_killed_service_is_there_again(debian, client):
    before = main_process(debian)
    debian.run("kill", "-KILL", before)
    until_sync(lambda: main_process(debian) not in ("0", before) and is_up(client))
    assert answer(client).status_code == 201


def snippet(word):
    [block] = [block for block in FENCED if word in block]
    return block


def start_caddy(debian):
    """As documented, but for the authority: nobody can be asked for a certificate here."""
    here = "{\n    local_certs\n    skip_install_trust\n}\n"
    debian.write("/etc/caddy/Caddyfile", here + snippet("reverse_proxy"))
    debian.run("caddy", "validate", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile")
    debian.run("systemctl", "stop", "nginx")
    debian.run("systemctl", "restart", "caddy")


def start_nginx(debian):
    key = ("-newkey", "rsa:2048", "-nodes", "-keyout", "/etc/ssl/soundings.key")
    made = ("-x509", "-subj", "/CN=soundings.example.org", "-out", "/etc/ssl/soundings.pem")
    debian.run("openssl", "req", *key, *made)
    debian.run("rm", "-f", "/etc/nginx/sites-enabled/default")
    debian.write("/etc/nginx/conf.d/soundings.conf", snippet("proxy_pass"))
    debian.run("systemctl", "stop", "caddy")
    debian.run("nginx", "-t")
    debian.run("systemctl", "restart", "nginx")


@pytest.mark.parametrize("start_proxy", [start_caddy, start_nginx])
def test_behind_a_proxy_nobody_invents_a_source(debian, client, start_proxy):
    """The limit of one source is reached, though each request claims to be of another."""
    set_setting(debian, "SOUNDINGS_PUBLIC_URL=https://soundings.example.org")
    set_setting(debian, "SOUNDINGS_SENDS_PER_MINUTE=5")
    debian.run("systemctl", "restart", "soundings")
    until_sync(is_up, client)
    assert {
        answer(client, **{"X-Forwarded-For": f"203.0.113.{n}"}).status_code for n in range(11)
    } == {201}
    start_proxy(debian)
    asked = ["curl", "--silent", "--insecure", "--resolve", "soundings.example.org:443:127.0.0.1"]
    asked += ["--output", "/dev/null", "--write-out", "%{http_code}"]
    site = "https://soundings.example.org"
    until_sync(lambda: debian.try_command(*asked, f"{site}/health").stdout == "200")
    asked += ["--json", httpx.Request("POST", site, json=ANSWER).content.decode()]
    outcomes = [
        debian.run(*asked, "--header", f"X-Forwarded-For: 203.0.113.{n}",
                   "--header", f"Idempotency-Key: {uuid.uuid4()}",
                   f"{site}/api/v1/surveys/feedback/responses")
        for n in range(11)
    ]  # fmt: skip
    assert set(outcomes) == {"201", "429"}


@pytest.mark.parametrize("release", RELEASES)
def test_an_upgrade_keeps_what_a_release_left_in_debians_postgresql(debian, client, release):
    password = secrets.token_hex(8)
    as_postgres = ("runuser", "-u", "postgres", "--", "psql", "-c")
    name = "of_" + re.sub(r"\W", "_", release)
    debian.run(*as_postgres, f"CREATE ROLE {name} LOGIN PASSWORD '{password}'")
    debian.run(*as_postgres, f"CREATE DATABASE {name} OWNER {name}")
    dsn = f"postgresql://{name}:{password}@127.0.0.1:5432/{name}"
    debian.write(
        "/root/release.sql", lzma.decompress((FOLDER / f"{release}.sql.xz").read_bytes()).decode()
    )
    debian.run("psql", "-q", "-v", "ON_ERROR_STOP=1", "-f", "/root/release.sql", dsn)
    before = asyncio.run(load_rows(dsn))

    debian.run("systemctl", "stop", "soundings")
    set_setting(debian, f"SOUNDINGS_DATABASE_URL={dsn}")
    set_setting(debian, "SOUNDINGS_PUBLIC_URL=http://127.0.0.1:8000")
    debian.run(INSTALL)
    until_sync(is_up, client)
    lost = lost_rows(before, asyncio.run(load_rows(dsn)))
    assert [row for table, row in lost if table not in QUEUE] == []
    assert answer(client).status_code == 201
    debian.run("systemctl", "start", "soundings-backup")
    # It also says that the keys of the release are not here, and fails for that.
    assert "restored on trial" in debian.try_command("soundings", "doctor").stdout


async def load_rows(dsn):
    connection = await asyncpg.connect(dsn)
    try:
        await database.set_json_codec(connection)
        return await load_all_rows(connection)
    finally:
        await connection.close()
