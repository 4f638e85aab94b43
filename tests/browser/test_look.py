"""What all pages look like: the typeface."""

import io

import pytest
from PIL import Image

# One zero, as high as the window, alone on the page.
ONE_ZERO = """kind => {
  const zero = document.createElement("span");
  zero.className = kind;
  zero.textContent = "0";
  zero.style.cssText = "font-size: 300px; line-height: 300px; position: absolute; padding: 0";
  document.body.replaceChildren(zero);
}"""


@pytest.mark.parametrize(("kind", "slashed"), [("govuk-heading-l", False), ("unbroken", True)])
async def test_only_codes_have_a_zero_with_a_slash(open_page, kind, slashed):
    page = await open_page()
    await page.goto("/reports")
    await page.evaluate(ONE_ZERO, kind)
    await page.evaluate("document.fonts.ready")
    picture = Image.open(io.BytesIO(await page.locator("body > span").screenshot()))
    grey = picture.convert("L")
    # The middle of the digit: halfway between the outermost dark pixels.
    left, top, right, bottom = grey.point(lambda level: 255 if level < 100 else 0).getbbox()
    middle = grey.getpixel(((left + right) // 2, (top + bottom) // 2))
    assert (middle < 100) == slashed
