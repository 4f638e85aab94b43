"""A whole journey by page and JSON, and nothing of it is in a log line or a metric."""

import json

import httpx
import pytest

from tests import alone
from tests.api.security import test_traces as journey
from tests.waiting import until_sync

pytestmark = pytest.mark.slow

TOKEN = "0123456789abcdef" * 2
PLANTED_SLUG, PLANTED_QUERY = "planted-slug-7", "planted-query-7"


@pytest.fixture
async def watched(server, tmp_path):
    """The product with JSON logs, every statement logged, and metrics: its addresses and log."""
    async with alone.create_database(server, "watched") as dsn:
        port, metrics_port = alone.free_port(), alone.free_port()
        words = ("serve", "--port", str(port))
        settings = {
            "LOG_FORMAT": "json",
            "SLOW_STATEMENT_MS": "1",
            "METRICS_PORT": str(metrics_port),
            "METRICS_TOKEN": TOKEN,
        }
        connection = await alone.connect(dsn)
        with (
            (tmp_path / "product.log").open("w") as log,
            alone.run_command(dsn, tmp_path / "var", *words, log=log, **settings) as process,
        ):
            address = f"http://127.0.0.1:{port}"
            alone.wait_until_up(f"{address}/health", process)
            yield address, f"http://127.0.0.1:{metrics_port}/metrics", tmp_path, connection
        await connection.close()


async def read_metrics(address):
    async with httpx.AsyncClient(headers={"authorization": f"Bearer {TOKEN}"}) as client:
        return (await client.get(address)).raise_for_status().text


async def answer_and_complain(address, connection):
    """Send in every way, with what must not be found again; returns the secrets of it."""
    async with journey.browser(address) as client:
        number, phrase = await journey.submit_complaint(client)
        secrets = [*journey.cookie_keys(client), number, phrase]
        await journey.follow_case(client, number, phrase)
        secrets += journey.cookie_keys(client)
        answer = {"borough": "Hackney", "answers": {"subject": "taser", "story": journey.OTHER}}
        responses = "/api/v1/surveys/feedback/responses"
        for _ in range(11):
            sent = await client.post(responses, json=answer)
            secrets.append(sent.raise_for_status().json()["reference"])
        await client.get(f"/surveys/{PLANTED_SLUG}?q={PLANTED_QUERY}")
        await client.post(f"/api/v1/surveys/{PLANTED_SLUG}/responses", json=answer)
        await journey.wait_until_coded(connection)
        # From here on nothing can be stored, and every attempt is an error of the service.
        await connection.execute("ALTER TABLE responses RENAME TO responses_elsewhere")
        failed = await client.post(responses, json=answer)
        assert failed.status_code == 503
    return secrets


def log_lines(folder):
    lines = [line for line in (folder / "product.log").read_text().splitlines() if "{" in line]
    return [json.loads(line) for line in lines]


async def test_a_journey_leaves_nothing_in_logs_and_metrics(watched):
    address, metrics_address, folder, connection = watched
    secrets = await answer_and_complain(address, connection)
    metrics = await read_metrics(metrics_address)
    until_sync(lambda: any("incomplete" in line["message"] for line in log_lines(folder)))
    written = (folder / "product.log").read_text() + metrics
    planted = [*journey.IDENTIFYING, *secrets, PLANTED_SLUG, PLANTED_QUERY, journey.OTHER]
    planted += [journey.WORDS, "Hackney", "E09000012", "feedback", "IMG_2007", "127.0.0.1:"]
    assert [words for words in planted if words in written.replace(address, "")] == []
    routes = {line for line in metrics.splitlines() if line.startswith("soundings_http_requests")}
    sends = [line for line in routes if "/api/v1/surveys/{slug}/responses" in line]
    # Eleven were stored and ten are shown; the failed ones stored nothing and are shown at once.
    assert {line.rpartition("status=")[2] for line in sends} >= {'"201"} 10', '"503"} 1'}
    # An answer asked for this job, so it is not shown before there are ten.
    assert "code_texts" not in metrics
    statements = [line["statement"] for line in log_lines(folder) if "statement" in line]
    assert statements
    assert any(line.get("request") for line in log_lines(folder))


async def test_the_metrics_are_for_whoever_has_the_token(watched):
    address, metrics_address, _, _ = watched
    async with httpx.AsyncClient() as client:
        assert (await client.get(metrics_address)).status_code == 401
        assert (await client.get(f"{address}/metrics")).status_code == 404
