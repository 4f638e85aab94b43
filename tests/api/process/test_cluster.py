"""What people wrote goes to a scheduler of one's own only, and only where there is much of it."""

import pytest

from api import bootstrap
from api.process import cluster
from api.settings import Settings
from survey.problems import Unavailable


@pytest.mark.parametrize(
    "address",
    ["tcp://127.0.0.1:8786", "tls://10.0.0.5:8786", "tcp://[fd00::1]:8786", "tcp://scheduler:8786"],
)
def test_addresses_of_a_private_network_are_accepted(address, monkeypatch):
    monkeypatch.setattr(cluster.CHOSEN, "scheduler", address)
    assert cluster.is_own_scheduler(address)
    assert cluster.scheduler_for(1_000, cluster.FEWEST_TEXTS) == address
    assert cluster.scheduler_for(999, cluster.FEWEST_TEXTS) == ""


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.5:8786", "http://10.0.0.5:8786", "tcp://10.0.0.5", "tcp://8.8.8.8:8786",
        "tcp://dask.example.org:8786", "tcp://169.254.169.254:80", "tcp://10.0.0.5:x", "tcp://:8786",
    ],
)  # fmt: skip
async def test_other_addresses_are_refused(address):
    assert not cluster.is_own_scheduler(address)
    with pytest.raises(Unavailable, match="SOUNDINGS_SCHEDULER"):
        async with bootstrap.connect(Settings(scheduler=address)):
            pass
