"""A disk of its own that can be filled up: an ext4 file system in a file, or else in memory."""

import contextlib
import os
import subprocess

import pytest


def small_disk(image, at, megabytes):
    """Mounted for as long as it lasts; what cannot be mounted here is skipped, with the reason."""
    return contextlib.closing(SmallDisk(image, at, megabytes))


class SmallDisk:
    def __init__(self, image, at, megabytes):
        self.at = at
        if os.geteuid() != 0:
            pytest.skip("only root mounts a small disk")
        with image.open("wb") as made:
            made.truncate(megabytes * 2**20)
        ways = [
            ["mount", "-o", "loop", str(image), str(at)],
            ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "none", str(at)],
        ]
        tell(["mkfs.ext4", "-q", "-m", "0", str(image)])
        if not any(tell(way) for way in ways):
            pytest.skip("nothing can be mounted on this machine")
        at.chmod(0o755)
        self.ballast = at / "ballast"

    def free(self):
        found = os.statvfs(self.at)
        return found.f_bavail * found.f_frsize

    def fill(self, left=0):
        """Write until no more than so many bytes are left."""
        with self.ballast.open("ab", buffering=0) as ballast, contextlib.suppress(OSError):
            while (room := self.free() - left) > 0:
                ballast.write(b"\0" * min(room, 2**20))
            os.fsync(ballast.fileno())

    def make_room(self):
        self.ballast.unlink()

    def close(self):
        tell(["umount", str(self.at)]) or tell(["umount", "-l", str(self.at)])


def tell(command):
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
