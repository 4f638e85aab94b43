"""The compose file is valid, and every service in it is hardened and watched."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from api.commands.serving.serve import MOST_BY_ITSELF
from api.settings import Settings, environment_name

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docker-compose.yml"
CADDYFILE = (ROOT / "Caddyfile").read_text()
CONTENT: dict[str, Any] = yaml.safe_load(FILE.read_text())
SERVICES: dict[str, dict[str, Any]] = CONTENT["services"]
RUN_ONCE = {"migrate"}
EXTRAS = ("archive", "cluster")
SETTINGS = {environment_name(field.name): field for field in msgspec.structs.fields(Settings)}
# What fits the containers, whatever .env says.
FIXED = {"SOUNDINGS_DATA", "SOUNDINGS_HOST", "SOUNDINGS_PORT", "SOUNDINGS_METRICS_PORT"}
PROGRAM = ("migrate", "app", "worker")
GUIDE = ROOT / "docs/how-to/operators"
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE = shutil.which("docker-compose")
CADDY = shutil.which("caddy")
MOST_CONNECTIONS = 8  # of the pool of a process

every_service = pytest.mark.parametrize("name", SERVICES)


def test_the_file_keeps_the_compose_schema():
    schema = ["--builtin-schema", "vendor.compose-spec"]
    command = [sys.executable, "-m", "check_jsonschema", *schema, str(FILE)]
    checked = subprocess.run(command, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_services_are_those_that_we_describe():
    assert set(SERVICES) == {"db", "migrate", "app", "balancer", "worker", "clamav"}
    assert [name for name, one in SERVICES.items() if "profiles" in one] == ["clamav"]


@every_service
def test_a_service_can_write_nothing_and_gain_nothing(name):
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert "/tmp" in service["tmpfs"]
    assert not service.get("privileged")
    assert "cap_add" not in service or name == "db"


@every_service
def test_a_service_is_watched_or_ends_by_itself(name):
    service = SERVICES[name]
    if name in RUN_ONCE:
        assert service["restart"] == "no"
    else:
        # The image watches the pages itself.
        assert name == "app" or service["healthcheck"]["test"][0] == "CMD"
        assert service["restart"] == "unless-stopped"


@every_service
def test_a_service_waits_until_what_it_needs_is_there(name):
    for needed, how in SERVICES[name].get("depends_on", {}).items():
        expected = "service_completed_successfully" if needed in RUN_ONCE else "service_healthy"
        assert how["condition"] == expected


@every_service
def test_secrets_come_from_outside_and_are_demanded(name):
    for key, value in SERVICES[name]["environment"].items():
        if re.search("PASSWORD|SECRET|CONTACT_KEYS|TOKEN", key):
            assert re.search(r"\$\{\w+:\?[^}]+\}", value), f"{key} has a value or a default"


def test_a_password_may_hold_any_character():
    """It stands in no address, where a / or # ends it."""
    environment = SERVICES["app"]["environment"]
    assert "PASSWORD" not in environment["SOUNDINGS_DATABASE_URL"]
    assert environment["PGPASSWORD"].startswith("${POSTGRES_PASSWORD:?")


@pytest.mark.parametrize("name", PROGRAM)
def test_every_setting_of_the_env_file_reaches_the_program(name):
    """All of the file does; what Compose sets besides leaves a setting as it says."""
    assert SERVICES[name]["env_file"] == [{"path": ".env", "required": False}]
    set_here = SERVICES[name]["environment"]
    assert set(SETTINGS) & set(set_here) >= FIXED
    for key in set(SETTINGS) & set(set_here) - FIXED:
        assert set_here[key].count(f"{key}:-") or set_here[key].count(f"{key}:?"), (
            f"{key} is ignored"
        )


@pytest.mark.slow
@pytest.mark.skipif(
    not COMPOSE, reason="no Docker Compose: apt-get install docker-cli docker-compose"
)
def test_compose_hands_every_setting_to_the_program(tmp_path):
    (tmp_path / "docker-compose.yml").write_text(FILE.read_text())
    given = {key: f"a-value-of-{key}" for key in SETTINGS}
    lines = [f"{key}={value}\n" for key, value in given.items()]
    (tmp_path / ".env").write_text("POSTGRES_PASSWORD=it's/a#b@c\n" + "".join(lines))
    command = [COMPOSE, "config", "--format", "json"]
    clean = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    shown = subprocess.run(command, cwd=tmp_path, env=clean, capture_output=True, text=True)
    assert shown.returncode == 0, shown.stderr
    services = json.loads(shown.stdout)["services"]
    for name in PROGRAM:
        found = services[name]["environment"]
        assert found["PGPASSWORD"] == "it's/a#b@c"
        lost = {key for key, value in given.items() if value not in found.get(key, "")}
        assert lost == FIXED


@every_service
def test_logs_do_not_fill_the_disk(name):
    logging = SERVICES[name]["logging"]
    assert logging["driver"] == "json-file"
    assert set(logging["options"]) == {"max-size", "max-file"}


def test_the_logs_of_the_database_and_the_balancer_hold_nothing_that_was_sent():
    command = " ".join(SERVICES["db"]["command"])
    assert "log_error_verbosity=terse" in command
    assert "log_min_error_statement=panic" in command
    assert "exclude http.log.error http.handlers.reverse_proxy" in CADDYFILE
    assert "handle_errors {" in CADDYFILE


def test_images_are_named_for_the_version_and_built_once():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for name in (*PROGRAM, "balancer"):
        assert SERVICES[name]["image"].partition(":")[2] == project["version"]
    assert [name for name, one in SERVICES.items() if "build" in one] == ["migrate", "balancer"]
    assert {SERVICES[name]["pull_policy"] for name in PROGRAM} == {"never"}


def test_whatever_the_images_copy_is_let_into_the_build():
    let_in = (ROOT / ".dockerignore").read_text().splitlines()
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, flags=re.MULTILINE)
    assert len(copied) > 5
    for source in " ".join(copied).split():
        assert f"!{source.partition('/')[0]}" in let_in
        assert (ROOT / source).exists()


def test_secrets_in_the_env_file_are_never_committed():
    assert "/.env" in (ROOT / ".gitignore").read_text().splitlines()


def test_only_the_balancer_is_reached_from_outside_and_only_from_this_machine():
    """From others only where an operator says so."""
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {
        "balancer": [
            "${SOUNDINGS_HTTP_PORT:-127.0.0.1:8000}:8080",
            "${SOUNDINGS_HTTPS_PORT:-127.0.0.1:8443}:8443",
        ]
    }
    assert SERVICES["db"]["networks"] == ["inside"]
    assert CONTENT["networks"]["inside"] == {"internal": True}


def test_applications_and_workers_are_as_many_as_the_operator_says():
    assert SERVICES["app"]["deploy"] == {"replicas": "${SOUNDINGS_APPS:-2}"}
    assert SERVICES["worker"]["deploy"] == {"replicas": "${SOUNDINGS_WORKERS:-1}"}


def test_the_database_takes_all_connections_of_applications_and_workers():
    """On eight cores the applications alone took more than its hundred, under load."""
    [most] = re.findall(r"max_connections=(\d+)", " ".join(SERVICES["db"]["command"]))
    processes = 2 * MOST_BY_ITSELF + 1
    assert int(most) >= 1.5 * processes * (MOST_CONNECTIONS + 1)  # one of each listens


def test_the_balancer_finds_every_application_and_is_believed_by_them_alone():
    """They meet in a network of their own, whose addresses are those that may name a visitor."""
    front = CONTENT["networks"]["front"]
    assert front["internal"] is True
    assert [name for name, one in SERVICES.items() if "front" in one["networks"]] == [
        "app",
        "balancer",
    ]
    [alias] = SERVICES["app"]["networks"]["front"]["aliases"]
    assert f"name {alias}\n" in CADDYFILE
    assert f"port {SERVICES['app']['environment']['SOUNDINGS_PORT']}\n" in CADDYFILE
    trusted = SERVICES["app"]["environment"]["SOUNDINGS_TRUSTED_PROXIES"]
    assert trusted.split(",")[0] == front["ipam"]["config"][0]["subnet"]


def test_a_proxy_before_the_balancer_has_the_same_address_after_every_start():
    """Without a network of fixed addresses all visitors were one source after a `down`."""
    [outside] = CONTENT["networks"]["outside"]["ipam"]["config"]
    page = (GUIDE / "use-a-domain.md").read_text()
    gateway = outside["gateway"].replace("${SOUNDINGS_NETWORKS:-10.83}", "10.83")
    assert f"SOUNDINGS_TRUSTED_PROXIES={gateway}\n" in page


def test_the_tutorial_has_the_caddyfile_that_is_tried():
    """tests/campaigns/test_systemd.py runs the one of the how-to page."""
    tutorial = (ROOT / "docs/tutorials/first-server.md").read_text()
    [tried] = re.findall(
        r"```text\n(soundings.example.org \{.*?)```",
        (GUIDE / "use-a-domain.md").read_text(),
        re.DOTALL,
    )
    assert tried in tutorial


@pytest.mark.skipif(CADDY is None, reason="caddy is not installed: apt-get install caddy")
@pytest.mark.parametrize("site", ["http://", "soundings.example.org"])
def test_the_balancer_understands_its_file(site, tmp_path):
    environment = {"SOUNDINGS_SITE": site, "HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    command = [CADDY, "validate", "--adapter", "caddyfile", "--config", str(ROOT / "Caddyfile")]
    checked = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr


def test_the_balancer_has_no_rights_either():
    stage = DOCKERFILE.rpartition("\nFROM ")[2]
    assert stage.startswith("caddy:")
    assert "@sha256:" in stage.splitlines()[0]
    assert "setcap -r /usr/bin/caddy" in stage  # or it could not start without the right
    assert "USER 10001:10001" in stage


def test_metrics_are_read_from_inside_alone():
    """Their port is published by no service, and is not the port of the pages."""
    for service in SERVICES.values():
        settings = service["environment"]
        if "SOUNDINGS_PORT" in settings:
            port = settings["SOUNDINGS_METRICS_PORT"]
            assert port != settings["SOUNDINGS_PORT"]
            assert not any(port in published for published in service.get("ports", ()))


def test_the_image_holds_the_rooms_and_runs_as_nobody_special():
    lines = DOCKERFILE.splitlines()
    for room in ("survey", "analysis", "api", "demo"):
        assert f"COPY {room} {room}" in lines
    assert "USER 10001:10001" in lines


def test_one_container_alone_has_its_data_on_a_volume_and_is_watched():
    assert "install -d -o 10001 -m 700 /data /archive" in DOCKERFILE
    assert "ENV SOUNDINGS_DATA=/data SOUNDINGS_HOST=0.0.0.0" in DOCKERFILE
    assert "HEALTHCHECK --interval=10s" in DOCKERFILE
    # On a busy machine the pages need half a minute, and `up` gives up on who is unhealthy by then.
    assert "--start-period=120s" in DOCKERFILE
    assert "-v soundings:/data" in (GUIDE / "install-one-container.md").read_text()


def test_the_image_has_the_extras_that_the_operator_names():
    assert "$(printf -- '--extra %s ' embedded $EXTRAS)" in DOCKERFILE
    command = ["sh", "-c", "echo $(printf -- '--extra %s ' embedded $EXTRAS)"]
    for given, wanted in (("", []), (" ".join(EXTRAS), [*EXTRAS])):
        printed = subprocess.run(
            command, env=os.environ | {"EXTRAS": given}, capture_output=True, text=True, check=True
        ).stdout.split()
        assert printed == [word for one in ("embedded", *wanted) for word in ("--extra", one)]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert set(EXTRAS) <= set(project["optional-dependencies"])
    assert SERVICES["migrate"]["build"]["args"] == {"EXTRAS": "${SOUNDINGS_EXTRAS:-}"}


def test_the_archive_of_the_worker_outlives_its_container():
    assert "archive:/archive" in SERVICES["worker"]["volumes"]


def test_the_health_of_the_worker_is_looked_at_without_loading_the_program():
    *command, module = SERVICES["worker"]["healthcheck"]["test"]
    assert command == ["CMD", "python", "-P", "-m"]
    listed = "import sys; import api.observing.beat; print(*sys.modules)"
    assert module == "api.observing.beat"
    shown = subprocess.run(
        [sys.executable, "-c", listed], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert {one.partition(".")[0] for one in shown}.isdisjoint({"litestar", "msgspec", "asyncpg"})
    assert [one for one in shown if one.startswith("api")] == ["api", "api.observing", module]


def test_the_image_and_the_launcher_take_the_same_uv():
    launcher = re.findall(r"uv_version=(\S+)", (ROOT / "soundings").read_text())
    assert launcher == re.findall(r"uv==(\S+)", DOCKERFILE)
    assert len(launcher) == 1
