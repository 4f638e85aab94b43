"""A small disk that a test can fill up: an ext4 file system in a file, or else in memory."""

import contextlib
import os
import subprocess

import pytest


def mount_small_disk(image, at, megabytes):
    """Mount a small disk for a block; skips the test where that is not possible."""
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
        try_command(["mkfs.ext4", "-q", "-m", "0", str(image)])
        if not any(try_command(way) for way in ways):
            pytest.skip("nothing can be mounted on this machine")
        at.chmod(0o755)
        self.ballast = at / "ballast"

    def free(self):
        found = os.statvfs(self.at)
        return found.f_bavail * found.f_frsize

    def fill(self, left=0):
        """Fill it until at most so many bytes are free."""
        with self.ballast.open("ab", buffering=0) as ballast, contextlib.suppress(OSError):
            while (room := self.free() - left) > 0:
                ballast.write(b"\0" * min(room, 2**20))
            os.fsync(ballast.fileno())

    def make_room(self):
        self.ballast.unlink()

    def close(self):
        try_command(["umount", str(self.at)]) or try_command(["umount", "-l", str(self.at)])


def try_command(command):
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
