"""Several machines on this one: two applications and two workers through PgBouncer, a replica, a
balancer, and a Dask cluster where the extra is installed.

    PYTHONPATH=$PWD .venv/bin/python -m tests.campaigns.machines

starts them all, runs the journey of tests/campaigns/test_machines.py over them, says what was
shown, and ends them. The servers are durable, as those of an operator.
"""

import contextlib
import importlib.util
import itertools
import ssl
import subprocess
import sys

import asyncpg
import httpx

from api.security import people as people_room
from survey.store.accounts import people
from survey.store.connections import embedded
from survey.store.database import WORK_MEM, open_database
from tests.campaigns.processes import OurCommand, Service
from tests.cluster import run_cluster
from tests.people import AMINA, CINDY, JOAN, PASSWORD
from tests.servers import CADDY, place_of, run_balancer, run_pgbouncer, run_replica
from tools.static_files import write_static_files

POOLED = 12  # connections of the pooler; two applications and two workers may ask for 32
SIGN_INS = 30
ONLY_HERE = {"ALLOW_UNSAFE_DATABASE": "false", "SIGN_INS_PER_MINUTE": str(SIGN_INS)}


class Machines:
    """What runs: the addresses of the database, and the processes of ours."""

    def __init__(self, folder, direct, pooled, replica, scheduler):
        self.direct, self.pooled, self.replica = direct, pooled, replica
        self.scheduler, self.balancer = scheduler, None
        settings = {
            "DIRECT_DATABASE_URL": direct,
            "READ_DATABASE_URL": replica.dsn,
            "SCHEDULER": scheduler,
            **ONLY_HERE,
        }
        self.applications = [
            Service(folder, "--no-worker", dsn=pooled, **settings) for _ in range(2)
        ]
        self.workers = [OurCommand(folder, "worker", dsn=pooled, **settings) for _ in range(2)]

    @property
    def addresses(self):
        return [one.address for one in self.applications]

    @contextlib.asynccontextmanager
    async def asking(self, dsn=""):
        """A connection of the test's own, to the primary or to another server."""
        connection = await asyncpg.connect(dsn or self.direct)
        try:
            yield connection
        finally:
            await connection.close()

    def client(self, **given):
        """A browser whose requests reach one application after the other."""
        transport = InTurn(self.addresses)
        return httpx.AsyncClient(
            transport=transport, base_url=self.addresses[0], timeout=60, **given
        )

    def client_of_balancer(self):
        """A browser that reaches the balancer, over HTTPS."""
        trust = ssl.create_default_context(cafile=self.balancer.authority)
        return httpx.AsyncClient(verify=trust, base_url=self.balancer.address, timeout=60)


class InTurn(httpx.AsyncBaseTransport):
    """Sends each request to the next address, as a balancer may."""

    def __init__(self, addresses):
        # Shorter than a server keeps an idle connection, as the balancer does: a request may
        # else be sent on one that is just closed.
        self.sending = httpx.AsyncHTTPTransport(limits=httpx.Limits(keepalive_expiry=2))
        self.turns = itertools.cycle([httpx.URL(one) for one in addresses])

    async def handle_async_request(self, request):
        turn = next(self.turns)
        request.url = request.url.copy_with(host=turn.host, port=turn.port)
        return await self.sending.handle_async_request(request)

    async def aclose(self):
        await self.sending.aclose()


@contextlib.asynccontextmanager
async def run_machines(folder):
    """Start everything in a folder that others can read; it all ends with the block."""
    with contextlib.ExitStack() as stack:
        data = folder / "data" / "postgres"
        direct = stack.enter_context(embedded.open_server(data))
        replica = stack.enter_context(run_replica(place_of(data, throwaway=False), throwaway=False))
        pooled = stack.enter_context(run_pgbouncer(direct, size=POOLED))
        await prepare(direct)
        scheduler = ""
        if importlib.util.find_spec("distributed"):
            scheduler, _ = stack.enter_context(run_cluster(folder, workers=2))
        machines = Machines(folder, direct, pooled, replica, scheduler)
        for command in (*machines.applications, *machines.workers):
            stack.enter_context(command)
        if CADDY:
            write_static_files(folder / "files")
            given = (folder, machines.addresses, folder / "files")
            machines.balancer = stack.enter_context(run_balancer(*given))
        yield machines


async def prepare(direct):
    """Make the tables and the accounts; everybody has the same password."""
    async with open_database(direct) as database, database.connection() as connection:
        await connection.execute(f"ALTER ROLE {embedded.USER} SET work_mem = '{WORK_MEM}'")
        hashed = await people_room.hash_password(PASSWORD)
        for email, name, role in (AMINA, CINDY, JOAN):
            await people.insert(connection, email, name, role, hashed)


if __name__ == "__main__":
    asked = ["tests/campaigns/test_machines.py", "-v", "-p", "no:cacheprovider", "-m", "slow"]
    # In a process of its own: pytest rewrites asserts of modules that are not loaded yet.
    command = [sys.executable, "-m", "pytest", *asked, "--log-cli-level=INFO", *sys.argv[1:]]
    sys.exit(subprocess.run(command, check=False).returncode)
