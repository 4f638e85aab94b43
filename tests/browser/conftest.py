"""A real server with its own database, and Chromium: one browser, a new context for each test."""

import asyncio
import shutil
import socket
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
import uvicorn
from playwright.async_api import async_playwright, expect

from api.app import build
from api.operations import foundations
from api.settings import Settings
from survey.store import database, places
from survey.store.surveys import instruments
from survey.surveys.ready import load_ready_instruments
from tests.analysis.editions.full_editions import full_monthly_edition, full_weekly_edition
from tests.analysis.editions.made_up_edition import bare_edition, sample
from tests.api.pages.survey_of_everything import EVERYTHING
from tests.browser.sizes import PHONE
from tests.stored.complaint_forms import KEYRING
from tests.stored.published_editions import save_and_publish
from tests.waiting import until

AXE = Path(__file__).parent / "axe.min.js"
DATABASE_NAME = "soundings_in_a_browser"
ACCESS_CODE = "ABCD-2345"
PATIENCE_MS = 120_000  # a slow page on a busy machine is not a wrong page
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="session")
def chromium():
    """Where Chromium is, or a skip that says so."""
    found = (
        shutil.which("chromium")
        or shutil.which("chromium-browser")
        or shutil.which("google-chrome")
    )
    if not found:
        pytest.skip("there is no Chromium on this machine, so no page was opened in a browser")
    return found


@pytest.fixture(scope="session")
async def browser(chromium):
    """One Chromium for the whole run."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        await browser.close()


@pytest.fixture(scope="session")
async def lived_in(server):
    """A database next to the one that is rolled back, with a survey of every kind of question."""
    first = await asyncpg.connect(server)
    await first.execute(f"CREATE DATABASE {DATABASE_NAME}")
    await first.close()
    dsn = server.replace("postgresql:///soundings?", f"postgresql:///{DATABASE_NAME}?")
    connection = await asyncpg.connect(dsn)
    await database.set_json_codec(connection)
    await database.migrate(connection)
    await foundations.load_foundations(connection)
    await places.mark_synthetic(connection, "It is made up.")
    await instruments.insert(connection, EVERYTHING)
    sampled = next(
        instrument for instrument in load_ready_instruments() if instrument.mode == "sampled"
    )
    await instruments.insert_invitations(connection, sampled, [(ACCESS_CODE, "inner", "u1", 0.01)])
    await connection.close()
    return dsn


@pytest.fixture(scope="session")
async def site(lived_in):
    """The address of a server in this process, on a free port."""
    settings = Settings(
        database_url=lived_in,
        sends_per_minute=100_000,
        sign_ins_per_minute=100_000,
        contact_keys=",".join(KEYRING.keys),
        smtp_host="127.0.0.1",
        smtp_sender="soundings@example.org",
        webhooks_to_loopback=True,
    )
    async with serving(build(settings)) as address:
        yield address


@pytest.fixture(scope="session")
async def published_reports(lived_in):
    """Three editions of a week, and one of each of two months."""
    connection = await asyncpg.connect(lived_in)
    await database.set_json_codec(connection)
    for edition in (
        sample(number=1),
        sample(),
        bare_edition(),
        full_weekly_edition(number=3),
        full_monthly_edition(),
    ):
        await save_and_publish(connection, edition)
    await connection.close()


@asynccontextmanager
async def serving(app):
    """The address of an application that is served in this process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    running = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, lifespan="on"))
    task = asyncio.create_task(running.serve())

    async def started():
        assert not task.done(), "the server did not start"
        return running.started

    await until(started)
    yield f"http://127.0.0.1:{port}"
    running.should_exit = True
    await task


@pytest.fixture
async def open_page(browser, site):
    """Opens a page of the site in a context of its own, with the test's options."""
    async with pages_of(browser, site) as opened:
        yield opened


@asynccontextmanager
async def pages_of(browser, site):
    """Opens a page in a context of its own; its errors and foreign requests fail the test."""
    contexts, wrong = [], []

    async def opened(**given):
        context = await browser.new_context(
            base_url=site, **({"viewport": PHONE, "locale": "en-GB"} | given)
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        page = await context.new_page()
        page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
        page.on(
            "request",
            lambda asked: (
                None
                if asked.url.startswith((site, "data:"))
                else wrong.append(f"foreign: {asked.url}")
            ),
        )
        page.on(
            "console",
            lambda said: (
                wrong.append(f"policy: {said.text}")
                if "Content Security Policy" in said.text
                else None
            ),
        )
        return page

    yield opened
    for context in contexts:
        await context.close()
    assert not wrong


@pytest.fixture
def violations():
    """What axe-core finds on a loaded page: rule and place."""

    async def found(page):
        await page.wait_for_load_state("load")
        await page.evaluate(AXE.read_text())
        return await page.evaluate(
            "axe.run(document, {resultTypes: ['violations']}).then(told => told.violations.map("
            "rule => rule.id + ' at ' + rule.nodes.map(node => node.target).join(', ')))"
        )

    return found
