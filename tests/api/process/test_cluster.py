"""What people wrote goes to a scheduler of one's own only, and only where there is much of it."""

import pytest
from click.testing import CliRunner

from api import bootstrap
from api.__main__ import main
from api.process import installation
from api.settings import Settings
from survey.problems import Unavailable


@pytest.mark.parametrize("command", ["serve", "worker", "archive"])
def test_without_its_libraries_an_archive_is_refused_at_the_start(command, monkeypatch, tmp_path):
    """The first job would fail otherwise, each working day, and nobody would look."""
    monkeypatch.setattr(installation, "find_spec", lambda name: None if name == "duckdb" else name)
    given = {"ARCHIVE": "/srv/answers", "DATA": str(tmp_path), "DATABASE_URL": "postgresql:///x"}
    env = {f"SOUNDINGS_{name}": value for name, value in given.items()}
    ended = CliRunner().invoke(main, [command], env=env)
    assert ended.exit_code == 1
    assert "duckdb is not installed. [archive.not_installed]" in ended.output
    assert "Install the extra `archive`" in ended.output


def test_an_archive_elsewhere_needs_the_library_of_its_place(monkeypatch):
    installation.check_archive("memory://answers")
    installation.check_archive("")
    monkeypatch.setattr(installation, "find_spec", lambda name: None if name == "s3fs" else name)
    with pytest.raises(Unavailable, match="s3fs is not installed"):
        installation.check_archive("s3://bucket/answers")
    with pytest.raises(Unavailable, match="moon://"):
        installation.check_archive("moon://answers")


@pytest.mark.parametrize(
    "address",
    ["tcp://127.0.0.1:8786", "tls://10.0.0.5:8786", "tcp://[fd00::1]:8786", "tcp://scheduler:8786"],
)
def test_addresses_of_a_private_network_are_accepted(address, monkeypatch):
    monkeypatch.setattr(installation.CHOSEN, "scheduler", address)
    assert installation.is_own_scheduler(address)
    assert installation.scheduler_for(1_000, installation.FEWEST_TEXTS) == address
    assert installation.scheduler_for(999, installation.FEWEST_TEXTS) == ""


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.5:8786", "http://10.0.0.5:8786", "tcp://10.0.0.5", "tcp://8.8.8.8:8786",
        "tcp://dask.example.org:8786", "tcp://169.254.169.254:80", "tcp://10.0.0.5:x", "tcp://:8786",
        "tcp://134744072:8786", "tcp://0x08080808:8786", "tcp://010.8.8.8:8786",
    ],
)  # fmt: skip
async def test_other_addresses_are_refused(address):
    assert not installation.is_own_scheduler(address)
    with pytest.raises(Unavailable, match="SOUNDINGS_SCHEDULER"):
        async with bootstrap.connect(Settings(scheduler=address)):
            pass
