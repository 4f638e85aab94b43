"""The lines that "Data and licences" gives to programs, run against a served edition as printed."""

import asyncio
import html
import re
import shutil
import sys

import httpx
import msgspec
import pytest

from api.app import build
from api.settings import Settings
from tests.analysis.editions.full_editions import full_weekly_edition
from tests.browser.conftest import serving
from tests.browser.sizes import SIZES

NEWEST = full_weekly_edition(number=3)
VALIDATED = """
found = Package("{address}").validate()
print(found.stats["errors"], found.flatten(["rowNumber", "fieldName", "message"]))
"""


@pytest.fixture
async def served(lived_in, published_reports):
    """The address of a server that knows its own."""
    app = build(Settings(database_url=lived_in))
    async with serving(app) as address:
        app.state.settings = msgspec.structs.replace(app.state.settings, public_url=address)
        yield address


async def load_lines(served, name):
    """The lines for a program, as a reader copies them from the page."""
    async with httpx.AsyncClient(base_url=served) as client:
        page = (await client.get("/about/sources")).text
    return html.unescape(re.search(rf'id="{name}"><code>(.+?)</code>', page, re.DOTALL)[1])


async def run_program(*command):
    """What a program prints. The server of the test goes on meanwhile."""
    program = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    said, errors = await program.communicate()
    assert program.returncode == 0, errors.decode()
    return said.decode()


async def test_python_reads_the_newest_figures(served):
    lines = await load_lines(served, "in-python")
    assert lines.count("\n") == 2
    said = await run_program(sys.executable, "-c", lines)
    assert f"[{len(NEWEST.index)} rows x 12 columns]" in said


@pytest.mark.slow
async def test_r_reads_the_newest_figures(served):
    if (rscript := shutil.which("Rscript")) is None:
        pytest.skip("R is not installed: apt-get install r-base-core")
    lines = await load_lines(served, "in-r")
    assert lines.count("\n") == 2
    said = await run_program(rscript, "-e", "options(width = 500)", "-e", lines)
    rows = [
        " ".join(row.split()) for row in said.splitlines() if " sampled perception index " in row
    ]
    assert len(rows) == len(NEWEST.index)
    [london] = [one for one in NEWEST.index if one.domain == NEWEST.city]
    wanted = f"London London sampled perception index {london.n} {london.value}"
    assert [row for row in rows if wanted in row]


async def test_frictionless_reads_the_data_package_and_finds_no_fault_in_it(served):
    lines = await load_lines(served, "in-frictionless")
    assert lines.count("\n") == 2
    address = re.search(r'"(http[^"]+datapackage.json)"', lines)[1]
    for kind in ("weekly", "monthly"):
        other = address.replace("weekly", kind)
        check = "from frictionless import Package" + VALIDATED.format(address=other)
        assert await run_program(sys.executable, "-c", check) == "0 []\n"
    said = await run_program(sys.executable, "-c", lines)
    assert said.count("'table': 'index'") == len(NEWEST.index)


@SIZES
async def test_no_line_for_a_program_must_be_scrolled(open_page, published_reports, viewport):
    page = await open_page(viewport=viewport)
    await page.goto("/about/sources")
    wide = await page.evaluate(
        """[document.documentElement, ...document.querySelectorAll("pre")].filter(
             one => one.scrollWidth > one.clientWidth).map(one => one.id)"""
    )
    assert wide == []
