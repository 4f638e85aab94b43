"""Another account, a read-only checkout, a path with blanks and letters of other scripts.

The checkout is mounted read-only on such a path, and an account that owns nothing starts the
product there, with and without its launcher. Size: each once.
"""

import asyncio
import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
import urllib.request

import pytest

from tests import alone
from tests.campaigns.crowd import Crowd
from tests.campaigns.processes import Service, find_other_account, run_as_options
from tests.campaigns.sizes import DEADLINE_S, log
from tests.campaigns.small_disk import try_command

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def account():
    found = find_other_account()
    if found is None:
        pytest.skip("no other account may read this checkout, or we are not root")
    return found


@pytest.fixture(scope="module")
def checkout(folder, account):
    """Our checkout, read-only, on a path with a blank, a comma, accents and Arabic letters."""
    at = folder / "Été, à la mer مرحبا" / "soundings"
    at.mkdir(parents=True)
    if not try_command(["mount", "--bind", str(alone.ROOT), str(at)]):
        pytest.skip("nothing can be mounted on this machine")
    try:
        assert try_command(["mount", "-o", "remount,bind,ro", str(at)])
        yield at
    finally:
        try_command(["umount", str(at)]) or try_command(["umount", "-l", str(at)])


@pytest.fixture(scope="module")
def data(folder, account):
    made = folder / "data of nobody’s"
    made.mkdir()
    os.chown(made, account.pw_uid, account.pw_gid)
    return made


class ElsewhereCommands:
    """Runs commands of that checkout as that account."""

    def __init__(self, folder, checkout, data, account):
        self.folder, self.checkout, self.data, self.account = folder, checkout, data, account

    def run(self, *words, code=0, **settings):
        environment = self.environment(**settings)
        command = [sys.executable, "-P", "-m", "api", *words]
        done = subprocess.run(
            command, env=environment, cwd="/", capture_output=True, text=True, check=False,
            timeout=DEADLINE_S, **run_as_options(self.account),
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def environment(self, **settings):
        return {
            "PATH": os.defpath,
            "HOME": "/nonexistent",
            "PYTHONPATH": str(self.checkout),
            "OPENBLAS_NUM_THREADS": "1",
            "SOUNDINGS_DATA": str(self.data),
        } | settings


@pytest.fixture(scope="module")
def elsewhere(folder, checkout, data, account):
    return ElsewhereCommands(folder, checkout, data, account)


async def test_it_serves_codes_reports_and_copies_itself(elsewhere, folder):
    service = Service(folder)
    service.environment = elsewhere.environment(SOUNDINGS_SENDS_PER_MINUTE="1000000")
    service.given = {"cwd": "/", **run_as_options(elsewhere.account)}
    crowd = Crowd("elsewhere")
    with service:
        async with crowd.sending(service.address, clients=4):
            await crowd.receive(20)
        await crowd.send_the_doubtful(service.address)
        for page in ("/", "/surveys", "/method", "/docs", "/complaints/form.pdf"):
            opened = await asyncio.to_thread(urllib.request.urlopen, service.address + page)
            with contextlib.closing(opened):
                assert opened.status == 200
        output = await asyncio.to_thread(elsewhere.run, "report", "weekly")
        assert "of the weekly report is saved" in output
        copy = elsewhere.data / "copy of today"
        assert "Saved" in await asyncio.to_thread(elsewhere.run, "backup", str(copy))
        assert service.stop() is not None
    assert {path.stat().st_uid for path in elsewhere.data.iterdir()} == {elsewhere.account.pw_uid}
    crowd.log("another account, a read-only checkout, a path with blanks")


@pytest.mark.long
def test_the_demonstration_is_made_there(elsewhere, data):
    """`demo` is how a newcomer starts."""
    assert "Ready." in elsewhere.run("demo", "--exit", "--data", str(data / "demo"))


def test_without_a_place_for_the_data_it_says_what_to_give(elsewhere):
    output = elsewhere.run("migrate", code=1, SOUNDINGS_DATA=str(elsewhere.checkout / "var"))
    assert "Read-only file system" in output
    assert "SOUNDINGS_DATA" in output
    assert "Traceback" not in output


def test_the_data_of_another_account_are_refused_with_a_sentence(elsewhere, folder):
    theirs = folder / "theirs"
    theirs.mkdir(mode=0o700)
    output = elsewhere.run("migrate", code=1, SOUNDINGS_DATA=str(theirs))
    assert "Permission denied" in output
    assert "SOUNDINGS_DATA" in output
    assert "Traceback" not in output


@pytest.fixture
def libraries(folder, account):
    """Another folder for the libraries, with links to those of this run."""
    made = folder / "the libraries"
    (made / "bin").mkdir(parents=True)
    ours = pathlib.Path(sys.prefix)
    shutil.copy(ours / "pyvenv.cfg", made)
    (made / "lib").symlink_to(ours / "lib")
    (made / "bin" / "python").symlink_to(pathlib.Path(sys.executable).resolve())
    stamp = subprocess.run(
        ["sh", "-c", f"printf '%s %s' \"$(cat uv.lock pyproject.toml | cksum)\" '{made}'"],
        cwd=alone.ROOT, capture_output=True, check=True,
    ).stdout  # fmt: skip
    (made / ".ready-app").write_bytes(stamp)
    return made


def run_launcher(elsewhere, libraries, *words):
    environment = elsewhere.environment() | {"SOUNDINGS_VENV": str(libraries)}
    del environment["PYTHONPATH"]
    return subprocess.run(
        [elsewhere.checkout / "soundings", *words], env=environment, cwd="/", text=True,
        capture_output=True, check=False, timeout=DEADLINE_S, **run_as_options(elsewhere.account),
    )  # fmt: skip


def test_the_launcher_starts_from_there(elsewhere, libraries):
    done = run_launcher(elsewhere, libraries, "--help")
    assert done.returncode == 0, done.stderr
    assert "Usage: soundings" in done.stdout


def test_the_launcher_says_where_the_libraries_may_go_instead(elsewhere):
    done = run_launcher(elsewhere, elsewhere.checkout / "no-libraries", "--help")
    assert done.returncode == 1
    assert "cannot be written" in done.stderr
    assert "SOUNDINGS_VENV" in done.stderr
    log.info("a checkout that cannot be written: %s", done.stderr.splitlines()[-1])
