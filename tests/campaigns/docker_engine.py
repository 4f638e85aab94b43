"""Docker of this machine with a folder, a socket and images of its own, for tests of containers."""

import contextlib
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import pytest

from survey.store.connections import embedded
from tests import alone
from tests.waiting import until_sync

STAND_INS = pathlib.Path(__file__).parent / "stand_ins"
NEEDED = ("dockerd", "docker", "docker-compose", "mmdebstrap", "caddy", "ip")
IN_BASE = "python3,python3-venv,python3-pip,ca-certificates,wget,libcap2-bin"
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"


class Engine:
    """A running dockerd; every command is one of its."""

    def __init__(self, top):
        self.top = top
        self.clone = top / "clone"
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(top),
            "DOCKER_HOST": f"unix://{top}/socket",
            "COMPOSE_FILE": "docker-compose.yml:override.yml",
        }

    def run(self, *command, given=None, good=True):
        """What the command printed, errors too."""
        done = subprocess.run(
            [*map(str, command)], cwd=self.clone, env=self.environment, text=True, stdin=given,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        assert (done.returncode == 0) == good, f"{command}:\n{done.stdout[-5000:]}"
        return done.stdout

    def compose(self, *words, good=True):
        return self.run("docker", "compose", *words, good=good)

    def build(self, name, folder):
        shutil.copy(STAND_INS / f"{name}.Dockerfile", folder / "Dockerfile")
        self.run("docker", "build", "--network", "host", "--tag", f"{name}-stand-in", folder)

    def make_base(self):
        """A Debian in place of the image of Python."""
        base = self.top / "base"
        base.mkdir()
        shutil.copy(CERTIFICATES, base)
        words = ("--variant=minbase", f"--include={IN_BASE}", "trixie", self.top / "debian.tar")
        self.run("mmdebstrap", *words)
        self.run("docker", "import", self.top / "debian.tar", "debian-stand-in")
        self.build("base", base)

    def make_others(self):
        balancer, database = self.top / "balancer", self.top / "database"
        balancer.mkdir()
        shutil.copy(shutil.which("caddy"), balancer)
        self.build("balancer", balancer)
        wheel = embedded.find_programs("18").parents[1]
        for part in (wheel / "pginstall18", wheel.with_name(f"{wheel.name}.libs")):
            inside = part.relative_to(wheel.parent)
            shutil.copytree(part, database / "programs" / inside)
        shutil.copy(STAND_INS / "database.sh", database)
        self.build("database", database)

    def make_clone(self):
        """What git has, and an override that names the stand-ins for the images of the files."""
        copy_sources(self.clone)
        override = (STAND_INS / "override.yml").read_text()
        images = re.findall(r"^FROM (\S+:\S+@sha256:\S+)", (self.clone / "Dockerfile").read_text(),
                            flags=re.MULTILINE)  # fmt: skip
        for image in set(images):
            override = override.replace(image.partition(":")[0].upper(), image)
        (self.clone / "override.yml").write_text(override)


def delete_bridges():
    """Those of a run that was killed: they would take the addresses of this one's networks."""
    override = (STAND_INS / "override.yml").read_text()
    for bridge in re.findall(r"bridge\.name: ([\w-]+)", override):
        subprocess.run(["ip", "link", "delete", bridge], stderr=subprocess.DEVNULL)


def copy_sources(folder):
    """Copy what git has, and what it would take, into a new folder."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=alone.ROOT, capture_output=True, check=True, text=True)
    for name in filter(None, names.stdout.split("\0")):
        if (alone.ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(alone.ROOT / name, folder / name)


@contextlib.contextmanager
def run_engine():
    """Run dockerd with the stand-ins built; everything of it is ended and deleted at the end."""
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing or os.geteuid() != 0:
        pytest.skip(f"containers need root and {', '.join(missing) or 'root'}")
    top = pathlib.Path(tempfile.mkdtemp(prefix="soundings-docker-", dir="/tmp"))
    engine = Engine(top)
    delete_bridges()
    words = ["dockerd", "--data-root", top / "data", "--exec-root", top / "exec", "--bridge=none"]
    words += ["--host", f"unix://{top}/socket", "--pidfile", top / "pid"]
    with (top / "log").open("w") as log:
        daemon = subprocess.Popen(words, stdout=log, stderr=log, start_new_session=True)
    try:
        until_sync(lambda: (top / "socket").exists() or daemon.poll() is not None)
        if daemon.poll() is not None:
            pytest.skip(f"docker does not run here: {(top / 'log').read_text()[-300:]}")
        engine.make_clone()
        engine.make_base()
        engine.make_others()
        yield engine
    finally:
        if daemon.poll() is None and (engine.clone / ".env").exists():
            engine.compose("down", "--volumes", "--timeout", "5")
        daemon.terminate()
        daemon.wait()
        # It mounts its folder on itself.
        subprocess.run(["umount", "--recursive", top / "data"], stderr=subprocess.DEVNULL)
        shutil.rmtree(top)
