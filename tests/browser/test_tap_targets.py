"""Whatever is tapped is at least 24 by 24 CSS pixels, as WCAG 2.5.8 (AA) asks; what residents tap
with a finger, other than links, is 44 px high.

The pages are those of `whole_site.py`, with everything unfolded. Chromium's requests are answered
by the application itself, in the transaction of the test. Excepted are links within running text,
as in 2.5.8.
"""

import pytest

from tests.api.pages import whole_site
from tests.browser.sizes import PHONE
from tests.people import JOAN

LINK, FINGER = 24, 44  # CSS pixels

# Each thing that is smaller, with the words on it and its size. A link in a block with other words
# is within running text; a link in a block with nothing but links is not. A box is tapped by its
# label too.
SMALL_ONES = """
([link, other]) => {
  for (const one of document.querySelectorAll('details')) one.open = true
  const tapped = ['a[href]', 'button', 'input', 'select', 'textarea', 'summary']
    .map(one => one + ':not([type=hidden], [tabindex="-1"])').join()
  const is_shown = one => one.checkVisibility({visibilityProperty: true}) &&
    !one.closest('.govuk-visually-hidden, .govuk-skip-link')
  const block_of = one => {
    const at = one.parentElement
    return getComputedStyle(at).display.startsWith('inline') ? block_of(at) : at
  }
  const letters = one => one.textContent.replace(/[\\s·,]+/g, '').length
  const is_text = one => {
    const block = block_of(one)
    const links = [...block.querySelectorAll(tapped)].filter(is_shown)
    return one.matches('a') && letters(block) > links.reduce((sum, at) => sum + letters(at), 0)
  }
  const is_small = one => one.matches('a.govuk-link, .govuk-checkboxes--small *')
  const size_of = one => {
    const boxes = [...one.getClientRects()]
    if (one.matches('[type=radio], [type=checkbox]'))
      for (const label of one.labels) boxes.push(...label.getClientRects())
    return ['width', 'height'].map(side => Math.round(Math.max(...boxes.map(box => box[side]))))
  }
  return [...document.querySelectorAll(tapped)].filter(one => is_shown(one) && !is_text(one))
    .map(one => [one, ...size_of(one)])
    .filter(([one, width, height]) => width < link || height < (is_small(one) ? link : other))
    .map(([one, width, height]) =>
      `${one.tagName}.${one.className} “${one.textContent.trim()}” ${width} x ${height}`)
}
"""


@pytest.fixture
async def page_of(browser):
    """Opens a page for a visitor, whose client answers whatever Chromium asks for."""
    contexts = []

    async def opened(client):
        context = await browser.new_context(
            viewport=PHONE, base_url="http://test", has_touch=True, is_mobile=True
        )
        contexts.append(context)

        async def answer(route):
            asked = route.request
            got = await client.get(asked.url, follow_redirects=True)
            await route.fulfill(
                status=got.status_code,
                body=got.content,
                headers={"content-type": got.headers.get("content-type", "text/plain")},
            )

        await context.route("**/*", answer)
        return await context.new_page()

    yield opened
    for context in contexts:
        await context.close()


async def find_small(visitors, page_of, other):
    """What is too small, with a page that shows it. `other` is the least height but of links."""
    found = {}
    for client, addresses in visitors:
        page = await page_of(client)
        for address in dict.fromkeys(addresses):
            await page.goto(address)
            for one in await page.evaluate(SMALL_ONES, [LINK, other]):
                found.setdefault(one, address)
    return found


@pytest.fixture
async def resident_visitors(app, db):
    visitors = []
    for begin in whole_site.RESIDENTS:
        client = whole_site.browser(app)
        visitors.append((client, await begin(client, db)))
    yield visitors
    for client, _ in visitors:
        await client.aclose()


@pytest.mark.slow
async def test_residents_can_tap_everything(resident_visitors, page_of):
    assert await find_small(resident_visitors, page_of, FINGER) == {}


@pytest.mark.slow
async def test_staff_can_tap_everything(db, signed_in, page_of):
    joan = await signed_in(JOAN)
    addresses = [one for begin in whole_site.STAFF for one in await begin(joan, db)]
    assert await find_small([(joan, addresses)], page_of, LINK) == {}
