"""docker-compose.yml as an operator uses it: built, started, used, backed up, restored, ended."""

import base64
import contextlib
import os
import re
import secrets
import uuid
from urllib.parse import quote

import httpx
import pytest

from tests import alone
from tests.campaigns.docker_engine import run_engine
from tests.waiting import until_sync

pytestmark = pytest.mark.slow
ANSWER = {
    "borough": "Hackney",
    "language": "en",
    "answers": {"subject": "taser", "story": "They explained what they did."},
}
COMPOSE_FILE = alone.ROOT / "docker-compose.yml"
SECRET_PATH = "/continue/AB12-CD34?code=SECRETCODE"
DATABASE_TOO = ["127.0.0.1", "::1", "172.16.0.0/12", "192.168.0.0/16"]  # what Docker gives it
VISITOR = {"X-Forwarded-For": "203.0.113.77", "User-Agent": "a telling browser"}


@pytest.fixture(scope="module")
def engine():
    with run_engine() as running:
        yield running


@pytest.fixture(scope="module")
def site(engine):
    """The address of the started service."""
    port = alone.free_port()
    settings = {
        "POSTGRES_PASSWORD": f"{secrets.token_hex(8)}/#@:",
        "SOUNDINGS_SECRET": secrets.token_hex(32),
        "SOUNDINGS_CONTACT_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "SOUNDINGS_ORGANISATION": "Taser working group",
        "SOUNDINGS_CONTACT": "hello@example.org",
        "SOUNDINGS_ADMINISTRATOR": "Joan Adeyemi <joan@example.org>",
        "SOUNDINGS_ONION_URL": "http://onion.onion",
        "SOUNDINGS_SENDS_PER_MINUTE": "100000",
        "SOUNDINGS_HTTP_PORT": f"127.0.0.1:{port}",
        "SOUNDINGS_HTTPS_PORT": f"127.0.0.1:{alone.free_port()}",
        "SOUNDINGS_PUBLIC_URL": f"http://127.0.0.1:{port}",
    }
    env = engine.clone / ".env"
    env.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    env.chmod(0o600)
    engine.compose("up", "--detach")
    return f"http://127.0.0.1:{port}"


@pytest.fixture
def client(site):
    with httpx.Client(base_url=site, follow_redirects=True, timeout=60, trust_env=False) as opened:
        yield opened


def answer(client):
    sent = client.post(
        "/api/v1/surveys/feedback/responses",
        json=ANSWER,
        headers={"Idempotency-Key": str(uuid.uuid4())},
    )
    assert sent.status_code == 201, sent.text
    return sent.json()["reference"]


def run_once(engine, *words, folder=None, good=True):
    volume = ("--volume", f"{folder}:/backups") if folder else ()
    return engine.compose("run", "--rm", "-T", "--no-deps", *volume, "app", *words, good=good)


def count_answers(engine):
    to = ("--host=/var/run/postgresql", "--username=soundings")
    asked = ("--tuples-only", "--no-align", "--command", "SELECT count(*) FROM responses")
    return int(engine.compose("exec", "-T", "db", "psql", *to, *asked))


def address_of_database(engine):
    """For this machine, from which alone the network of the containers is reached."""
    template = '{{(index .NetworkSettings.Networks "soundings_inside").IPAddress}}'
    shown = engine.run("docker", "inspect", "soundings-db-1", "--format", template)
    [password] = re.findall("POSTGRES_PASSWORD=(.+)", (engine.clone / ".env").read_text())
    return f"postgresql://soundings:{quote(password, safe='')}@{shown.strip()}/soundings"


def sign_in(client, printed):
    link = re.search(r"http://\S+(/sign-in/\S+)", printed)[1]
    token = re.search(r'name="_csrf_token" value="([^"]+)"', client.get(link).text)[1]
    return client.post(link, data={"_csrf_token": token})


def is_up(client):
    with contextlib.suppress(httpx.TransportError):  # the balancer is not there yet
        return client.get("/health").status_code == 200
    return False


def wait_until_up(engine, client):
    """Say what the containers logged when nothing comes."""
    try:
        until_sync(is_up, client)
    except AssertionError as nothing:
        nothing.add_note(engine.compose("ps", "--all") + engine.compose("logs", "--tail", "30"))
        raise


def test_from_a_clone_to_an_upgrade_and_back_to_a_restored_backup(engine, client):
    wait_until_up(engine, client)
    assert sign_in(client, run_once(engine, "setup")).status_code == 200
    assert client.get("/work/service").status_code == 200
    assert client.get("/complaints").headers["Onion-Location"] == "http://onion.onion/complaints"
    answer(client)
    saved = back_up(engine)
    doctor = engine.compose("exec", "-T", "app", "python", "-P", "-m", "api", "doctor")
    assert f"/backups/{saved.name}" in doctor

    with next_version(engine):
        refused = engine.compose("run", "--rm", "-T", "migrate", good=False)
        assert "A service runs on this database" in refused
        engine.compose("stop", "app", "worker")
        away = client.post(SECRET_PATH, data={"words": "x"}, headers=VISITOR)
        assert (away.status_code, "not available at the moment" in away.text) == (503, True)
        engine.compose("up", "--detach")
        wait_until_up(engine, client)
        assert count_answers(engine) == 1
        answer(client)
        assert count_answers(engine) == 2

    assert "database.newer" in run_once(engine, "migrate", good=False)
    engine.compose("stop", "app", "worker")
    words = ("restore", "--replace", f"/backups/{saved.name}")
    assert "Restored" in run_once(engine, *words, folder=saved.parent)
    engine.compose("up", "--detach")
    wait_until_up(engine, client)
    assert count_answers(engine) == 1

    logs = engine.compose("logs")
    for never in ("203.0.113.77", "a telling browser", "SECRETCODE", "STATEMENT:", "DETAIL:"):
        assert never not in logs


def back_up(engine):
    backups = engine.top / "backups"
    backups.mkdir(mode=0o700)
    os.chown(backups, 10001, 10001)
    assert "read back" in run_once(engine, "backup", "/backups", folder=backups)
    [saved] = backups.glob("*.backup")
    return saved


@contextlib.contextmanager
def next_version(engine, *, schema=True):
    """Build the next release, under names of its own; at the end the files are as before."""
    file = engine.clone / COMPOSE_FILE.name
    added = engine.clone / "survey/store/schema/999_next.sql"
    released = file.read_text()
    file.write_text(re.sub(r"(image: soundings\S*):\S+", r"\1:next", released))
    if schema:
        added.write_text("COMMENT ON TABLE responses IS 'of the next version';\n")
    engine.compose("build")
    yield
    file.write_text(released)
    added.unlink(missing_ok=True)


def test_all_that_runs_is_read_only_and_without_rights(engine, client):
    wait_until_up(engine, client)
    shown = "grep -E '^(NoNewPrivs|CapEff|CapBnd|Uid)' /proc/1/status; touch /srv/x /etc/x; true"
    for service in ("app", "worker", "balancer"):
        held = engine.compose("exec", "-T", service, "sh", "-c", shown)
        status = dict(re.findall(r"^(\w+):\t(\S+)", held, re.MULTILINE))
        without_rights = {"CapEff": "0" * 16, "CapBnd": "0" * 16, "NoNewPrivs": "1"}
        assert status == {"Uid": "10001"} | without_rights
        assert held.count("Read-only file system") == 2
    networks = engine.run("docker", "network", "inspect", "soundings_outside")
    assert '"Gateway": "10.83.8.1"' in networks


def test_one_container_alone_keeps_its_data_on_a_volume(engine, site):
    """With the embedded database; the network of Compose, as the engine has no other."""
    image = re.search(r"image: (soundings:\S+)", COMPOSE_FILE.read_text())
    words = ("run", "--detach", "--name", "one", "--network", "soundings_outside")
    hardened = ("--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL")
    engine.run("docker", *words, *hardened, "--volume", "one:/data", image[1])
    state = ("docker", "inspect", "one", "--format", "{{.State.Health.Status}}")
    until_sync(lambda: engine.run(*state).strip() == "healthy")
    command = ("docker", "exec", "one", "python", "-P", "-m", "api")
    engine.run(*command, "account", "add", "joan@example.org", "Joan Adeyemi", "administrator")
    assert "read back" in engine.run(*command, "backup", "/data")
    engine.run("docker", "stop", "one")
    engine.run("docker", "start", "one")
    until_sync(lambda: engine.run(*state).strip() == "healthy")
    assert "joan@example.org" in engine.run(*command, "account", "list")
    engine.run("docker", "rm", "--force", "one")
    engine.run("docker", "volume", "rm", "one")
