"""The compose file is valid, and every service in it is hardened and watched."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from api.commands.serving.serve import MOST_BY_ITSELF

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docker-compose.yml"
CADDYFILE = (ROOT / "Caddyfile").read_text()
CONTENT: dict[str, Any] = yaml.safe_load(FILE.read_text())
SERVICES: dict[str, dict[str, Any]] = CONTENT["services"]
RUN_ONCE = {"migrate"}
EXTRAS = ("archive", "cluster")
OPTIONAL = {"SOUNDINGS_SMTP_PASSWORD", "SOUNDINGS_METRICS_TOKEN", "SOUNDINGS_READ_DATABASE_URL"}
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
        assert service["healthcheck"]["test"][0] == "CMD"
        assert service["restart"] == "unless-stopped"


@every_service
def test_a_service_waits_until_what_it_needs_is_there(name):
    for needed, how in SERVICES[name].get("depends_on", {}).items():
        expected = "service_completed_successfully" if needed in RUN_ONCE else "service_healthy"
        assert how["condition"] == expected


@every_service
def test_secrets_come_from_outside_and_are_demanded(name):
    """So do some that are optional: of the mail server, the metrics and a replica."""
    for key, value in SERVICES[name]["environment"].items():
        if key in OPTIONAL:
            assert value == f"${{{key}:-}}"
            continue
        if re.search("PASSWORD|SECRET|CONTACT_KEYS|DATABASE_URL|TOKEN", key):
            assert re.search(r"\$\{\w+:\?[^}]+\}", value), f"{key} has a value or a default"


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


@pytest.mark.skipif(CADDY is None, reason="caddy is not installed: apt-get install caddy")
@pytest.mark.parametrize("site", ["http://", "soundings.example.org"])
def test_the_balancer_understands_its_file(site, tmp_path):
    environment = {"SOUNDINGS_SITE": site, "HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    command = [CADDY, "validate", "--adapter", "caddyfile", "--config", str(ROOT / "Caddyfile")]
    checked = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr


def test_the_balancer_has_no_rights_either():
    stage = (ROOT / "Dockerfile").read_text().rpartition("\nFROM ")[2]
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
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    for room in ("survey", "analysis", "api", "demo"):
        assert f"COPY {room} {room}" in lines
        assert f"!{room}" in (ROOT / ".dockerignore").read_text().splitlines()
    assert "USER 10001:10001" in lines


def test_the_image_has_the_extras_that_the_operator_names():
    """Each service that is built from it, and each extra that a setting of the file needs."""
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert "$(printf -- '--extra %s ' embedded $EXTRAS)" in dockerfile
    command = ["sh", "-c", "echo $(printf -- '--extra %s ' embedded $EXTRAS)"]
    for given, wanted in (("", []), (" ".join(EXTRAS), [*EXTRAS])):
        printed = subprocess.run(
            command, env=os.environ | {"EXTRAS": given}, capture_output=True, text=True, check=True
        ).stdout.split()
        assert printed == [word for one in ("embedded", *wanted) for word in ("--extra", one)]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert set(EXTRAS) <= set(project["optional-dependencies"])
    for name in ("app", "worker", "migrate"):
        assert SERVICES[name]["build"]["args"] == {"EXTRAS": "${SOUNDINGS_EXTRAS:-}"}
        for setting in ("SOUNDINGS_ARCHIVE", "SOUNDINGS_SCHEDULER"):
            assert SERVICES[name]["environment"][setting] == f"${{{setting}:-}}"


def test_the_archive_of_the_worker_outlives_its_container():
    assert SERVICES["worker"]["volumes"] == ["archive:/archive"]
    assert "install -d -o 10001 -m 700 /archive" in (ROOT / "Dockerfile").read_text()


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
    assert launcher == re.findall(r"uv==(\S+)", (ROOT / "Dockerfile").read_text())
    assert len(launcher) == 1
