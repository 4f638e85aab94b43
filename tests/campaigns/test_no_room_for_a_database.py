"""A first start on a disk without room says so, and starts once there is room."""

import pytest

from tests.campaigns.processes import OurCommand
from tests.campaigns.sizes import DEADLINE_S
from tests.campaigns.small_disk import mount_small_disk

pytestmark = pytest.mark.slow


def test_a_first_start_without_room_says_why(folder):
    with (
        mount_small_disk(folder / "disk.img", folder / "data", 20),
        OurCommand(folder, "migrate") as command,
    ):
        assert command.process.wait(DEADLINE_S) == 1, command.told()
        told = command.told()
    assert "A new database could not be made" in told
    assert "No space left on device" in told
    assert "MB are free there, and a new database needs 100" in told
    assert "[postgres.failed]" in told
    assert "extra `embedded`" not in told
