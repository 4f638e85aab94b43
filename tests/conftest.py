"""Fixtures for all tests: one database and one connection, rolled back after every test."""

import gc
import pathlib
import signal
from contextlib import asynccontextmanager

import asyncpg
import httpx
import msgspec
import pytest
from argon2 import PasswordHasher
from hypothesis import settings as properties

from analysis.themes import codebook
from api.app import build
from api.jobs.texts import coding
from api.operations import foundations
from api.operations.answers.kiosks import WayCounts
from api.security import cookies
from api.security import people as signing_in
from api.security.keyring import ReceiptSigner
from api.security.limits import BurstWatch, CodeGuesses, GuessLimiter
from api.settings import Settings
from demo import complaints, london
from survey.places import USUAL_ZONE
from survey.store import database
from survey.store.accounts import people
from survey.store.connections import embedded
from tests.people import AMINA, CINDY, JOAN, NADIA, OMAR
from tests.read_once import CachedReadings
from tests.stored.complaint_forms import KEYRING
from tests.waiting import until

# The quick part draws the same examples each time, so that it fails always or never. The slow part
# searches at random and keeps what failed in .hypothesis, to be tried first the next time.
properties.register_profile("the same each time", derandomize=True, deadline=None)
properties.register_profile(
    "random", derandomize=False, deadline=None, print_blob=True, max_examples=300
)
properties.load_profile("the same each time")
# A hash of the product takes 40 ms of a processor, and the tests make thousands of them. That the
# product's hashes are as slow as they should be, and never skipped, is held by
# tests/api/security/test_same_time.py.
CHEAP_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
signing_in.HASHER = complaints.HASHER = CHEAP_HASHER
SHARED = pathlib.Path(__file__).parents[2] / "shared"
UNLIMITED = Settings(sends_per_minute=100_000, sign_ins_per_minute=100_000)


@pytest.fixture(scope="session")
def shared():
    """The folder of real public data, or a skip that says so."""
    if not SHARED.is_dir():
        pytest.skip("the folder of real public data (../shared) is not on this machine")
    return SHARED


def pytest_configure():
    """Undo ignored signals, as under nohup or in a background job of a script.

    Processes that tests start would inherit that: Ctrl-C and a closed terminal would never
    reach them.
    """
    usual = {
        signal.SIGINT: signal.default_int_handler,
        signal.SIGHUP: signal.SIG_DFL,
        signal.SIGQUIT: signal.SIG_DFL,
    }
    for number, handler in usual.items():
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)


def pytest_sessionstart():
    """Turn off garbage collection during imports: the modules stay until the end anyway."""
    gc.disable()


def pytest_collection_finish():
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items):
    """Mark tests that need the published data files as slow: few machines have those files."""
    for item in items:
        if "shared" in item.fixturenames:
            item.add_marker("slow")


@pytest.fixture(scope="session")
def drawn_seed(pytestconfig):
    """The seed of the run for what is simulated: `--seed` of the slow part, 7 in the quick one."""
    return int(pytestconfig.getoption("--hypothesis-seed") or 7)


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """A PostgreSQL for the whole run: the address of its database."""
    with embedded.open_server(tmp_path_factory.mktemp("pg"), throwaway=True) as dsn:
        yield dsn


@pytest.fixture(scope="session")
async def connection(server):
    """One migrated database with the city and the ready surveys, for the whole run."""
    # A cached plan would fit the few rows of an earlier test.
    connection = await asyncpg.connect(
        server, server_settings={"plan_cache_mode": "force_custom_plan", "timezone": USUAL_ZONE}
    )
    await connection.execute("ALTER SYSTEM SET autovacuum = off")
    await connection.execute("SELECT pg_reload_conf()")
    await database.set_json_codec(connection)
    await database.migrate(connection)
    await foundations.load_foundations(connection)
    for email, name, role in (AMINA, CINDY, JOAN, OMAR, NADIA):
        await people.insert(connection, email, name, role, None)
    yield connection
    await connection.close()


@pytest.fixture(scope="module")
async def swept(server):
    """Vacuum the tables after each test file, to remove its rolled-back rows.

    PostgreSQL would do so by itself, but in the middle of a test: it then finds a table empty
    that the test is filling, and plans for that.
    """
    yield
    connection = await asyncpg.connect(server)
    left = "SELECT relname FROM pg_stat_user_tables WHERE n_dead_tup > 500"
    if tables := [table for (table,) in await connection.fetch(left)]:
        await connection.execute(f"VACUUM {', '.join(tables)}")
    await connection.close()


class OneConnection(database.Database):
    """Hands out the same connection each time, so that a test can roll it all back."""

    def __init__(self, connection):
        super().__init__(None)
        self.the_connection = connection
        self.schema = database.schema_hashes()

    @asynccontextmanager
    async def connection(self):
        yield self.the_connection

    async def load_cached(self, read):
        return await read(self.the_connection)

    async def load_noticed(self, read, key):
        return await read(self.the_connection, key)

    async def insert_grouped(self, insert, row, size=0):
        async with self.the_connection.transaction():
            (outcome,) = await insert(self.the_connection, [row])
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


@asynccontextmanager
async def roll_back_at_end(connection, isolation=None):
    transaction = connection.transaction(isolation=isolation)
    await transaction.start()
    yield OneConnection(connection)
    try:
        await transaction.rollback()
    except asyncpg.InterfaceError:
        # Something that this test began still uses the connection: it fails, and no later one.
        await until(is_reset, connection)
        raise


async def is_reset(connection):
    """Whether nobody used the connection any more, which is then as it was at first."""
    try:
        await connection.reset()
    except asyncpg.InterfaceError:
        return False
    return True


@pytest.fixture
async def db(connection, swept):
    """The database in a transaction that is rolled back after the test."""
    async with roll_back_at_end(connection) as one:
        yield one


@pytest.fixture(scope="session")
def coder():
    """The coder of the starting codebook, which takes some seconds to learn it."""
    return coding.cached_coder(msgspec.json.encode(codebook.STARTING_CODEBOOK))


@pytest.fixture(scope="session")
def readings():
    """What the machine reads in texts, cached from one run to the next."""
    return CachedReadings(coding.code_in_slices)


@pytest.fixture(scope="module")
def weeks():
    """How many weeks of demo data to make; a test file that needs more overrides this fixture."""
    return 3


@pytest.fixture(scope="module")
async def invented(connection, swept, readings, weeks):
    """Some weeks of demo data, read and coded once for a test file and rolled back after it."""
    transaction = connection.transaction()
    await transaction.start()
    await london.seed_demo(connection, 7, weeks=weeks)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(coding, "code_in_slices", readings)
        await coding.code_all(connection)
    yield
    await transaction.rollback()


@pytest.fixture
async def city(invented, db):
    """A connection to some weeks of demo data, rolled back after the test."""
    return db.the_connection


@pytest.fixture(scope="session")
def built():
    """The application, built once for the whole run, with no database."""
    return build(UNLIMITED, OneConnection(None))


@pytest.fixture
def app(built, db):
    """The application, built once for the run; each test gets a new state and a transaction."""
    for left in set(built.state.keys()) - {"settings", "menu"}:
        del built.state[left]
    fresh = {
        "guesses": GuessLimiter(),
        "code_guesses": CodeGuesses(),
        "way_guesses": CodeGuesses(),
        "bursts": BurstWatch(UNLIMITED.sends_per_minute),
        "kiosk_bursts": BurstWatch(UNLIMITED.sends_per_minute),
        "way_counts": WayCounts(),
        "signer": ReceiptSigner("s" * 32),
    }
    built.state.update({"database": db, "keyring": KEYRING, **fresh})
    return built


@pytest.fixture
async def client(app):
    """A client of the application, signed in as nobody."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    hooks = {"response": [check_documents_are_html]}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://test", event_hooks=hooks
    ) as client:
        yield client


async def check_documents_are_html(response):
    """Fail if an HTML page has another content type: a browser would show its source."""
    if (await response.aread()).lstrip()[:14].lower() == b"<!doctype html":
        assert response.headers["content-type"].startswith("text/html"), response.url


@pytest.fixture
async def signed_in(app, db):
    """A client that has signed in as one of the people."""
    clients = []

    async def as_person(who):
        from api.security import people as people_room

        account = await people.by_email(db.the_connection, who[0])
        key = await people_room.begin_session(db.the_connection, account.id)
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app, raise_app_exceptions=False),
            base_url="http://test",
            cookies={cookies.SESSION: key},
        )
        clients.append(client)
        return client

    yield as_person
    for client in clients:
        await client.aclose()
