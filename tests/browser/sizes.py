"""The screen sizes that pages are tested on."""

import pytest

NARROW = {"width": 320, "height": 640}
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}
# What fits the narrowest rarely fails on a wide one: that is in the slow part.
WIDE = pytest.param(DESKTOP, marks=pytest.mark.slow)
SIZES = pytest.mark.parametrize("viewport", [NARROW, WIDE], ids=["narrow", "desktop"])
