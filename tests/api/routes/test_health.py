"""Health says what is true: for a balancer by its status, for people by its words."""

import pytest

from api.routes import health
from survey.store import jobs

ADDRESSES = ["/health", "/health/ready"]


@pytest.mark.parametrize("address", ADDRESSES)
async def test_health_says_whether_a_worker_finishes_jobs(client, db, address):
    assert (await client.get(address)).json()["worker"] == "silent"
    async with db.connection() as connection:
        await jobs.enqueue(connection, "note")
        await jobs.finish(connection, await jobs.claim(connection, ["note"]))
    assert (await client.get(address)).json() == {"status": "ok", "disk": "ok", "worker": "ok"}


@pytest.mark.parametrize("address", ADDRESSES)
async def test_health_says_whether_the_disk_of_the_data_folder_has_room(
    client, monkeypatch, address
):
    monkeypatch.setattr(health, "LEAST_FREE", 1 << 62)
    found = await client.get(address)
    assert (found.status_code, found.json()["disk"]) == (200, "nearly full")


@pytest.mark.parametrize("address", ADDRESSES)
async def test_health_is_503_over_the_tables_of_another_version(client, db, address):
    async with db.connection() as connection:
        await connection.execute("INSERT INTO migrations VALUES ('99_x.sql', '')")
    found = await client.get(address)
    assert (found.status_code, found.json()["code"]) == (503, "database.changed")
    assert found.headers["retry-after"] == "5"
    assert (await client.get("/health/live")).json() == {"status": "ok"}
