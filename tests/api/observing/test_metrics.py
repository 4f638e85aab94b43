"""Metrics of several processes are one sum that outlives them, on a port that is not public."""

import asyncio
import os
import socket
import subprocess
import sys

import pytest

from api.commands.serving import ports, serve
from api.observing import metrics
from api.observing.metrics import (
    RECORDS,
    NumberTable,
    open_shared_memory,
    render_metrics,
    sum_of_processes,
)
from api.settings import ROOT, Settings
from survey.problems import Unavailable

TOKEN = "0123456789abcdef" * 2
COUNTING = """
from api.observing import metrics
metrics.join_shared_table("trial")
metrics.count_job("code", "done", 0.2, by_calendar=True)
metrics.add_to_gauge("soundings_http_requests_running", 1)
if "soundings_disk_free_bytes" not in metrics.table.read():
    metrics.set_gauge("soundings_disk_free_bytes", 7e9)
"""


@pytest.fixture
def table(monkeypatch):
    monkeypatch.setattr(metrics, "table", NumberTable())
    return metrics.table


def count_in_a_process(memory):
    environment = {"PYTHONPATH": str(ROOT), metrics.DESCRIPTORS: str(memory)}
    subprocess.run(
        [sys.executable, "-P", "-c", COUNTING],
        env=os.environ | environment,
        pass_fds=(memory,),
        check=True,
    )


def test_a_counter_goes_on_in_the_process_that_is_started_again():
    memory = open_shared_memory("trial")
    ours = NumberTable(memory)
    for _ in range(2):
        count_in_a_process(memory)
    found = ours.read()
    assert found['soundings_jobs_total{kind="code",outcome="done"}'] == 2
    assert found['soundings_process_starts_total{process="trial"}'] == 2
    # The first one died with a request open, which nobody answers any more.
    assert found["soundings_http_requests_running"] == 1
    # What it had measured holds until it is measured again: nobody is called for a full disk.
    assert found["soundings_disk_free_bytes"] == 7e9


def test_several_processes_are_added_up_and_of_a_state_the_largest_counts(monkeypatch):
    monkeypatch.setitem(metrics.METRICS, "soundings_trial", metrics.Metric("gauge", "A trial."))
    every = [
        {"soundings_jobs_total": 2, "soundings_trial": 5, "soundings_http_requests_running": 1}
    ]
    assert sum_of_processes([*every, *every]) == {
        "soundings_jobs_total": 4,
        "soundings_trial": 5,
        "soundings_http_requests_running": 2,
    }


def test_a_table_that_is_full_counts_no_more_names():
    table = NumberTable()
    for number in range(RECORDS + 5):
        table.add(f"name {number}")
    table.add("x" * 300)
    table.add("name 0")
    found = table.read()
    assert (len(found), found["name 0"]) == (RECORDS, 2)


def test_the_page_is_what_prometheus_reads(table):
    for seconds in (0.05, 0.2, 7.0, 900.0):
        metrics.count_job("code", "done", seconds, by_calendar=True)
    metrics.add_to_gauge("soundings_http_requests_running", 3)
    assert render_metrics([table.read()]).decode().splitlines() == [
        "# HELP soundings_http_requests_running Requests that are being answered now.",
        "# TYPE soundings_http_requests_running gauge",
        "soundings_http_requests_running 3",
        "# HELP soundings_job_seconds Seconds that a job took, by kind.",
        "# TYPE soundings_job_seconds histogram",
        'soundings_job_seconds_bucket{kind="code",le="0.1"} 1',
        'soundings_job_seconds_bucket{kind="code",le="0.5"} 2',
        'soundings_job_seconds_bucket{kind="code",le="15"} 3',
        'soundings_job_seconds_bucket{kind="code",le="+Inf"} 4',
        'soundings_job_seconds_sum{kind="code"} 907.25',
        'soundings_job_seconds_count{kind="code"} 4',
        "# HELP soundings_jobs_total Jobs run, by kind and outcome.",
        "# TYPE soundings_jobs_total counter",
        'soundings_jobs_total{kind="code",outcome="done"} 4',
    ]


def test_a_job_that_an_answer_may_have_asked_for_is_shown_with_nine_others(table, monkeypatch):
    monkeypatch.setattr(metrics, "waiting", {})
    name = 'soundings_jobs_total{kind="code",outcome="done"}'
    shown = []
    for _ in range(10):
        metrics.count_job("code", "done", 0.2, by_calendar=False)
        shown.append(table.read().get(name, 0))
    assert shown == [0] * 9 + [10]
    metrics.count_job("code", "failed", 0.2, by_calendar=False)
    assert table.read()['soundings_jobs_total{kind="code",outcome="failed"}'] == 1


def head(path="/metrics", method="GET", **headers):
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (head(), "401"),
        (head(Authorization="Bearer wrong"), "401"),
        (head(Authorization=f"Basic {TOKEN}"), "401"),
        (head(Authorization=f"Bearer {TOKEN}"), "200"),
        (head("/", Authorization=f"Bearer {TOKEN}"), "404"),
        (head(method="POST", Authorization=f"Bearer {TOKEN}"), "404"),
        (b"\xff\xfe\r\n\r\n", "404"),
    ],
)
def test_with_a_token_only_who_has_it_reads_the_metrics(sent, status):
    assert metrics.respond(sent, TOKEN, []).status.startswith(status)


def test_without_a_token_the_port_is_open_to_this_machine_alone():
    assert ports.metrics_host(Settings(host="0.0.0.0")) == "127.0.0.1"
    assert ports.metrics_host(Settings(host="0.0.0.0", metrics_token=TOKEN)) == "0.0.0.0"


def test_a_token_that_can_be_guessed_is_refused():
    weak = Settings(metrics_port=9464, metrics_token="secret")
    with pytest.raises(Unavailable) as refused, serve.open_metrics_socket(weak):
        pass
    assert refused.value.code == "metrics.weak_token"


async def read_all(address, sent):
    reader, writer = await asyncio.open_connection(*address)
    writer.write(sent)
    answer = await reader.read()
    writer.close()
    return answer


async def test_the_port_answers_and_hangs_up_on_who_says_nothing(table, monkeypatch):
    monkeypatch.setattr(metrics, "PATIENCE", 0.2)
    table.add("soundings_jobs_total", 3)
    listener = socket.create_server(("127.0.0.1", 0))
    address = listener.getsockname()
    async with metrics.open_endpoint(listener, "", [table]):
        page = await read_all(address, head())
        assert page.startswith(b"HTTP/1.1 200 OK\r\n")
        assert page.endswith(b"soundings_jobs_total 3\n")
        assert (await read_all(address, head(method="HEAD"))).endswith(b"\r\n\r\n")
        assert await read_all(address, b"GET /metrics HTTP") == b""
        assert await read_all(address, b"x" * 20_000) == b""


async def test_the_pages_have_no_metrics(client):
    assert (await client.get("/metrics")).status_code == 404
