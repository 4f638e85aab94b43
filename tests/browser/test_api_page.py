"""The page of the API works from our own files, under the same security policy as every page."""

import pytest

from tests.browser.sizes import PHONE, WIDE


@pytest.mark.slow
@pytest.mark.parametrize("viewport", [PHONE, WIDE], ids=["phone", "desk"])
async def test_the_api_is_described_by_our_own_files_under_the_strict_policy(open_page, viewport):
    page = await open_page(viewport=viewport)
    said = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    answer = await page.goto("/docs")
    assert "unsafe" not in answer.headers["content-security-policy"]
    await page.click(".opblock-post >> nth=1")
    await page.wait_for_selector("text=Try it out")
    assert await page.locator(".opblock").count() > 10
    assert said == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]


async def test_without_scripts_the_page_leads_to_the_description(open_page):
    page = await open_page(java_script_enabled=False)
    await page.goto("/docs")
    assert await page.get_attribute("noscript a, a", "href") == "/docs/openapi.json"
