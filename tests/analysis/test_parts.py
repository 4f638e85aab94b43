"""Parts of a task give the same in this process and on a cluster of two real workers."""

import sys

import pytest

from analysis import parts
from analysis.parts import ClusterAway, OtherCode, map_parts
from tests import alone, cluster


@pytest.fixture(scope="module")
def two_workers(tmp_path_factory):
    with cluster.run_cluster(tmp_path_factory.mktemp("dask")) as running:
        yield running


def test_parts_are_computed_here_without_a_cluster():
    assert [value for _, value in map_parts(cluster.double, [3, 1, 2])] == [6, 2, 4]


def test_a_scheduler_that_does_not_answer_is_reported(monkeypatch):
    monkeypatch.setattr(parts, "SECONDS_TO_CONNECT", 1)
    with pytest.raises(ClusterAway):
        list(map_parts(cluster.double, [1], f"tcp://127.0.0.1:{alone.free_port()}"))


def test_a_program_without_the_extra_has_no_cluster(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ClusterAway, match="extra"):
        list(map_parts(cluster.double, [1], "tcp://127.0.0.1:8786"))


@pytest.mark.slow
def test_parts_are_computed_by_several_workers_in_order(two_workers):
    address, processes = two_workers
    found = list(map_parts(cluster.double, list(range(40)), address))
    assert [value for _, value in found] == [2 * n for n in range(40)]
    assert {pid for pid, _ in found} <= {one.pid for one in processes}
    with pytest.raises(ValueError, match="no 1"):
        list(map_parts(cluster.refuse, [1], address))


@pytest.mark.slow
def test_workers_with_other_code_are_refused(two_workers, monkeypatch):
    address, _ = two_workers
    monkeypatch.setattr(parts, "CODE", ("analysis",))
    parts.code_digest.cache_clear()
    with pytest.raises(OtherCode, match="tcp://127"):
        list(map_parts(cluster.double, [1], address))
    parts.code_digest.cache_clear()


@pytest.mark.slow
def test_a_worker_that_is_killed_in_the_middle_loses_nothing_and_repeats_nothing(tmp_path):
    """That codes are those of one process too: tests/api/jobs/test_editions_from_files.py."""
    numbers = list(range(30))
    with cluster.run_cluster(tmp_path) as (address, processes):
        running = map_parts(cluster.long_digest, numbers, address)
        first = next(running)
        cluster.end(processes[0])
        found = [first, *running]
    assert found == list(map_parts(cluster.long_digest, numbers))


@pytest.mark.slow
def test_a_scheduler_that_is_killed_in_the_middle_is_reported(tmp_path, monkeypatch):
    import dask

    numbers = list(range(30))
    with (
        dask.config.set({"distributed.comm.timeouts.connect": "1s"}),
        cluster.run_cluster(tmp_path) as (address, _),
    ):
        running = map_parts(cluster.long_digest, numbers, address)
        next(running)
        cluster.end_scheduler(tmp_path)
        with pytest.raises(ClusterAway):
            list(running)
