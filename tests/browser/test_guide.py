"""The built guide in a browser: no warning, by axe, on a phone, searched, without scripts."""

import re
import runpy

import pytest

from api.pages import public_copies
from api.pages.public_copies import API_PAGE, guide_policy
from tests.browser.sizes import DESKTOP, NARROW, PHONE
from tests.house.trees import ROOT

pytestmark = pytest.mark.slow
SEEN = ("index", "reference/api", "reference/settings", "decisions/0013-disclosure-gate")


@pytest.fixture(scope="module", autouse=True)
def built(tmp_path_factory):
    """Building it fails for any warning of Sphinx's, such as a link that leads nowhere."""
    folder = tmp_path_factory.mktemp("built") / "guide"
    runpy.run_path(str(ROOT / "docs/guide.py"))["build_guide"](folder)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(public_copies, "GUIDE", folder)
        guide_policy.cache_clear()
        yield folder
    guide_policy.cache_clear()


def test_every_page_says_whom_it_is_for_and_asks_no_other_host(built):
    pages = {file.relative_to(built).as_posix(): file.read_text() for file in built.rglob("*.html")}
    for name, page in pages.items():
        assert not re.search(r'(?:src|<link[^>]*href)="(?:https?:)?//', page), name
        assert "min</p>" in page or name in ("index.html", "search.html"), name


@pytest.mark.parametrize("viewport", [NARROW, DESKTOP], ids=["narrow", "desktop"])
@pytest.mark.parametrize("name", SEEN)
async def test_a_page_passes_axe_and_fits(open_page, violations, name, viewport):
    page = await open_page(viewport=viewport)
    assert (await page.goto(f"/guide/{name}.html")).status == 200
    assert await violations(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]


async def test_a_word_is_found(open_page):
    page = await open_page(viewport=DESKTOP)
    await page.goto("/guide/index.html")
    await page.fill("input[name=q]", "SOUNDINGS_TRUSTED_PROXIES")
    await page.press("input[name=q]", "Enter")
    await page.wait_for_selector("#search-results li a")
    assert "settings" in (await page.locator("#search-results").inner_text()).lower()


async def test_without_scripts_a_reader_gets_from_page_to_page(open_page):
    page = await open_page(viewport=PHONE, java_script_enabled=False)
    await page.goto("/docs")
    await page.wait_for_url(f"**{API_PAGE}")
    await page.click("label.nav-overlay-icon")
    await page.click(".sidebar-tree a >> text=Decisions")
    assert page.url.endswith("/guide/decisions/README.html")
