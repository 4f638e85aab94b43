"""The compose file is valid, and every service in it is hardened and watched."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docker-compose.yml"
CONTENT: dict[str, Any] = yaml.safe_load(FILE.read_text())
SERVICES: dict[str, dict[str, Any]] = CONTENT["services"]
RUN_ONCE = {"migrate"}

every_service = pytest.mark.parametrize("name", SERVICES)


def test_the_file_keeps_the_compose_schema():
    schema = ["--builtin-schema", "vendor.compose-spec"]
    command = [sys.executable, "-m", "check_jsonschema", *schema, str(FILE)]
    checked = subprocess.run(command, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_services_are_those_that_we_describe():
    assert set(SERVICES) == {"db", "migrate", "app", "worker", "clamav"}
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
    """So do the mail server's password and the token of the metrics, but they are optional."""
    for key, value in SERVICES[name]["environment"].items():
        if key in ("SOUNDINGS_SMTP_PASSWORD", "SOUNDINGS_METRICS_TOKEN"):
            assert value == f"${{{key}:-}}"
            continue
        if re.search("PASSWORD|SECRET|CONTACT_KEYS|DATABASE_URL|TOKEN", key):
            assert re.search(r"\$\{\w+:\?[^}]+\}", value), f"{key} has a value or a default"


def test_only_the_app_is_reached_from_outside_and_only_from_this_machine():
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert list(published) == ["app"]
    assert all(port.startswith("127.0.0.1:") for port in published["app"])
    assert SERVICES["db"]["networks"] == ["inside"]
    assert CONTENT["networks"]["inside"] == {"internal": True}


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


def test_the_image_and_the_launcher_take_the_same_uv():
    launcher = re.findall(r"uv_version=(\S+)", (ROOT / "soundings").read_text())
    assert launcher == re.findall(r"uv==(\S+)", (ROOT / "Dockerfile").read_text())
    assert len(launcher) == 1
