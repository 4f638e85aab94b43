"""Colours, typeface and signs are written once, in api/look.toml, and can be told apart by all."""

import itertools
import re
import subprocess

import numpy as np
import pytest

from api.look import CHART, COLOUR, LOOK
from tests.house.trees import ROOT

CODE = re.compile(
    r"""(?<![&\w])#(?:[0-9a-f]{8}|[0-9a-f]{6}|[0-9a-f]{3,4})(?=["' ;,)`])|\brgb\(\d"""
)
WRITTEN_IN = ("*.scss", "*.css", "*.py", "*.typ", "*.html", "*.js", "*.svg")
ELSEWHERE = (
    ":!tests",  # no page is made of them
    ":!api/pages/static",  # built from frontend; the icon is compared below
)
ICON = ROOT / "api/pages/static/favicon.svg"
# What red, green and blue become for people without one kind of cone: Machado and others, 2009.
SIGHT = {
    "all cones": np.eye(3),
    "no red": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
         [-0.003882, -0.048116, 1.051998]]
    ),
    "no green": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
         [-0.011820, 0.042940, 0.968881]]
    ),
    "no blue": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
         [0.004733, 0.691367, 0.303900]]
    ),
}  # fmt: skip
GREY = np.array([0.2126, 0.7152, 0.0722])
NEIGHBOURS = 1.25  # the least contrast of two shades that touch
WORDS, MARKS = 4.5, 3


def files():
    listed = subprocess.run(
        ["git", "ls-files", "--", *WRITTEN_IN, *ELSEWHERE],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return {name: (ROOT / name).read_text() for name in listed.stdout.split("\n") if name}


def luminance(colour, sight="all cones"):
    parts = np.array([int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(GREY @ np.clip(SIGHT[sight] @ linear, 0, 1))


def contrast(one, other, sight="all cones"):
    light, dark = sorted((luminance(one, sight), luminance(other, sight)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_no_colour_is_written_outside_the_file_of_the_look():
    found = {name: CODE.findall(text) for name, text in files().items()}
    assert {name: codes for name, codes in found.items() if codes} == {}
    assert set(CODE.findall(ICON.read_text())) <= {*COLOUR.values()}


def test_the_typeface_is_named_nowhere_else():
    # fonts.py makes the fonts, and guide.css the address of one.
    named = {name for name, text in files().items() if LOOK.font in text}
    assert named == {"frontend/fonts.py", "docs/guide.css"}


@pytest.mark.parametrize("name", COLOUR)
def test_every_colour_is_used(name):
    forms = (rf'COLOUR\["{name}"\]', rf'colour\("{name}"\)', rf"look\.\${name}\b",
             rf"colour\.{name}\b", rf'LOOK.colour\["{name}"\]', rf'"{name}"')  # fmt: skip
    assert re.search("|".join(forms), "".join(files().values()))


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("shades", [CHART.kinds, CHART.agreement], ids=["kinds", "agreement"])
def test_shades_that_touch_differ_in_lightness_for_every_eye(shades, sight):
    apart = {pair: contrast(*pair, sight) for pair in itertools.pairwise(shades)}
    assert {pair: ratio for pair, ratio in apart.items() if ratio < NEIGHBOURS} == {}


@pytest.mark.parametrize(
    ("words", "ground"),
    [
        *((words, "white") for words in ("ink", "quiet", "brand", "action", "visited", "error")),
        *(("ink", ground) for ground in ("ground", "pale", "grey-pale", "above", "focus")),
        ("quiet", "ground"), ("brand-dark", "teal-pale"), ("accent-dark", "accent-pale"),
        ("white", "warm"), ("white", "error"), ("white", "success"), ("ink", "accent"),
    ],
)  # fmt: skip
def test_words_can_be_read_on_their_ground(words, ground):
    assert contrast(COLOUR[words], COLOUR[ground]) >= WORDS


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("mark", ["brand", "warm", "teal", "edge"])
def test_marks_stand_out_from_white_for_every_eye(mark, sight):
    assert contrast(COLOUR[mark], COLOUR["white"], sight) >= MARKS


def test_a_name_has_its_look_from_one_sheet():
    """A page of figures has two sheets: a name in both is dressed twice."""
    first, second = (
        set(re.findall(r"^(\.[\w-]+) \{", (ROOT / f"frontend/{name}.scss").read_text(), re.M))
        for name in ("app", "report")
    )
    assert first & second == set()
