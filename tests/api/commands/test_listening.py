"""The port is opened before anything else starts; a problem with it is one sentence."""

import contextlib
import os
import socket
import subprocess
import sys

import pytest
from click.testing import CliRunner

from api.commands.serving import ports, serve
from api.observing import logs
from api.settings import ROOT, Settings
from demo.command import demo
from survey.problems import Unavailable
from tests.alone import free_port
from tests.waiting import PATIENCE


def run_command(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-P", "-m", "api", *arguments],
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,  # a service that goes on instead of refusing is killed
    )


@pytest.fixture
def taken():
    """A port that another program listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_port_in_use_is_said_before_anything_starts(command, taken, tmp_path):
    done = run_command(command, "--port", str(taken), "--data", str(tmp_path / "new"))
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        f"Port {taken} of 127.0.0.1 is in use by another program. [port.in_use]",
        "Stop that program (perhaps Soundings is running already). "
        "Give another with --port, or set SOUNDINGS_PORT.",
    ]
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("command", ["serve", "demo", "worker"])
@pytest.mark.parametrize(
    ("name", "value", "code"),
    [("SECRET", "a", "secret.weak"), ("CONTACT_KEYS", "no-key", "contact.sealed")],
)
def test_a_secret_that_cannot_be_used_is_said_before_anything_starts(
    command, name, value, code, tmp_path
):
    """It used to be reported again and again, by children that were started again and again."""
    place = tmp_path / "new"
    port = () if command == "worker" else ("--port", str(free_port()))
    done = run_command(command, *port, "--data", str(place), **{f"SOUNDINGS_{name}": value})
    assert done.returncode == 1
    assert f"[{code}]" in done.stderr
    assert not place.exists()


def test_two_starts_at_once_do_not_share_a_port():
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    with ports.open_listening_sockets("127.0.0.1", port):
        with (
            pytest.raises(Unavailable) as refused,
            ports.open_listening_sockets("127.0.0.1", port),
        ):
            pass
        assert refused.value.code == "port.in_use"


def test_two_starts_of_several_processes_do_not_share_a_port():
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    with (
        ports.open_listening_sockets("127.0.0.1", port, 3),
        pytest.raises(Unavailable, match="in use"),
        ports.open_listening_sockets("127.0.0.1", port, 3),
    ):
        pass


def test_connections_are_divided_among_the_sockets_of_a_port():
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as free:
        address = free.getsockname()
    with ports.open_listening_sockets(*address, 2) as listeners, contextlib.ExitStack() as held:
        for _ in range(64):
            held.enter_context(socket.create_connection(address))
        for one in listeners:
            one.settimeout(PATIENCE)  # in vain only if all 64 went to the other
            one.accept()[0].close()


def test_all_sockets_of_a_port_take_the_same_addresses():
    """At `::` the first took IPv4 and the others did not, so one process answered all of that."""
    try:
        with socket.create_server(("::", 0), family=socket.AF_INET6) as free:
            port = free.getsockname()[1]
    except OSError:
        pytest.skip("this machine has no IPv6")
    with ports.open_listening_sockets("::", port, 3) as listeners:
        only = {one.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY) for one in listeners}
    assert len(only) == 1


def test_a_port_of_metrics_that_is_in_use_is_named_by_its_own_setting(taken):
    with (
        pytest.raises(Unavailable) as refused,
        ports.open_metrics_socket(Settings(metrics_port=taken)),
    ):
        pass
    assert "SOUNDINGS_METRICS_PORT" in refused.value.remedy
    assert "SOUNDINGS_PORT" not in refused.value.remedy


def test_a_demonstration_without_the_library_of_traces_is_refused_before_its_work(
    tmp_path, monkeypatch
):
    """Its pages were started again for ever."""
    monkeypatch.setattr(logs, "find_spec", lambda _: None)
    monkeypatch.setenv("SOUNDINGS_TRACES_URL", "http://127.0.0.1:4318/v1/traces")
    done = CliRunner().invoke(demo, ["--exit", "--data", str(tmp_path / "new")])
    assert isinstance(done.exception, Unavailable)
    assert done.exception.code == "traces.not_installed"
    assert not (tmp_path / "new").exists()


def test_an_address_of_another_machine_is_refused_in_one_sentence():
    with pytest.raises(Unavailable) as refused, ports.open_listening_sockets("192.0.2.1", 8000):
        pass
    assert refused.value.code == "host.unusable"
    assert "--host" in refused.value.remedy


@pytest.mark.parametrize("command", ["serve", "doctor", "migrate"])
def test_a_port_that_is_no_number_is_named_by_its_variable(command):
    done = run_command(command, SOUNDINGS_PORT="abc")
    assert done.returncode == 1
    sentence = "SOUNDINGS_PORT has to be a port, a whole number from 1 to 65535; it is 'abc'."
    assert sentence in done.stdout + done.stderr
    assert "Expected" not in done.stdout + done.stderr


@pytest.mark.parametrize("command", ["serve", "worker", "migrate", "setup"])
def test_a_variable_that_is_no_setting_is_refused_before_anything_starts(command, tmp_path):
    """It was ignored, and cookies that should be secure were not."""
    place = tmp_path / "new"
    done = run_command(command, "--data", str(place), SOUNDINGS_SECURE_COOKIE="true")
    assert done.returncode == 1
    assert "SOUNDINGS_SECURE_COOKIE (did you mean SOUNDINGS_SECURE_COOKIES?)" in done.stderr
    assert "[settings.unknown]" in done.stderr
    assert not place.exists()


def test_a_first_start_says_that_it_makes_a_database(tmp_path, capsys):
    serve.print_start(Settings(data=tmp_path))
    (tmp_path / "postgres").mkdir()
    serve.print_start(Settings(data=tmp_path))
    serve.print_start(Settings(database_url="postgresql://somewhere/soundings"))
    first, second, third = capsys.readouterr().out.splitlines()
    assert first.startswith("First start: creating a database")
    assert second == f"Starting the database in {tmp_path / 'postgres'} ..."
    assert third == "Connecting to the database ..."


def test_an_application_listens_when_it_can_answer():
    """Behind a balancer: what waits for it could have been answered by another."""
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as free:
        address = free.getsockname()
    with ports.open_listening_sockets(*address, 2, at_once=False) as listeners:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address)
        for one in listeners:
            one.listen()
        socket.create_connection(address).close()
        with pytest.raises(Unavailable), ports.open_listening_sockets(*address):
            pass
