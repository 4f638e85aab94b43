"""The charts: one name and one description each, nothing else said, nothing foreign."""

import re
from xml.etree import ElementTree

import msgspec
import pytest

from api import charts
from api.charts import drawing
from survey.reports import Tile
from tests.unit.editions import LONDON, bare, sample

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def drawn():
    return charts.drawn(sample())


def words_of(svg):
    return [element.text for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_every_chart_of_a_full_edition_is_drawn(drawn):
    assert list(drawn) == [
        "index-series",
        "index-by-area",
        "tactics",
        "themes-sampled",
        "themes-open",
        "themes-complaints",
    ]


def test_an_empty_edition_has_no_charts():
    assert charts.drawn(bare()) == {}


def test_a_chart_is_one_image_with_a_name_and_a_description(drawn):
    for name, svg in drawn.items():
        root = ElementTree.fromstring(svg)
        assert root.get("role") == "img"
        assert root.get("aria-labelledby") == f"{name}-title {name}-desc"
        assert root[0].tag == f"{SVG}title"
        assert root[0].text
        assert root[1].tag == f"{SVG}desc"
        assert root[1].text


def test_no_mark_speaks_for_itself_and_no_style_breaks_the_policy(drawn):
    for svg in drawn.values():
        assert len(re.findall(r"\brole=", svg)) == 1
        assert "aria-label=" not in svg
        assert "aria-roledescription" not in svg
        assert "style=" not in svg
        assert "<script" not in svg


def test_ids_are_unique_on_a_page_with_all_charts(drawn):
    ids = re.findall(r'\bid="([^"]+)"', "".join(drawn.values()))
    assert len(ids) == len(set(ids))
    used = re.findall(r"url\(#([^)]+)\)", "".join(drawn.values()))
    assert set(used) <= set(ids)


def test_all_charts_together_are_light(drawn):
    assert sum(map(len, drawn.values())) < 100_000


def test_boroughs_stand_by_name_and_withheld_ones_say_so(drawn):
    words = words_of(drawn["index-by-area"])
    names = [one.name for one in sample().tiles]
    shown = [word for word in words if word in names]
    assert shown == sorted(names)
    assert words.count("withheld") == 3
    assert "London 58.4" in words


def test_nothing_and_withheld_are_the_same_word(drawn):
    words = words_of(drawn["tactics"])
    assert words.count("none recorded") == 0
    assert words.count("withheld") == 3


def test_a_tone_has_a_sign_whatever_its_colour(drawn):
    words = words_of(drawn["themes-sampled"])
    assert {"−34", "+13"} <= set(words)
    assert "31\N{NO-BREAK SPACE}% (590 texts)" in words


def test_what_was_written_freely_shows_counts_and_no_share(drawn):
    assert "90 texts" in words_of(drawn["themes-open"])
    assert not any("%" in word for word in words_of(drawn["themes-open"]))


def test_the_description_tells_the_first_last_lowest_and_highest(drawn):
    told = ElementTree.fromstring(drawn["index-series"])[1].text
    assert "1 October 2007" in told
    assert "30 June 2008" in told
    assert "Pilot begins: 10 December 2007." in told


def test_a_hostile_name_is_only_text():
    edition = sample()
    hostile = '<script>alert("1")</script>'
    tiles = (Tile(**msgspec.structs.asdict(edition.tiles[1]) | {"name": hostile}),)
    svg = charts.drawn(msgspec.structs.replace(edition, tiles=tiles))["index-by-area"]
    assert "<script" not in svg
    assert hostile in words_of(svg)


def test_the_same_data_are_drawn_once(drawn):
    before = drawing.render.cache_info().misses
    assert charts.drawn(sample()) == drawn
    assert drawing.render.cache_info().misses == before


def test_the_fonts_are_ours(drawn):
    families = re.findall(r'font-family="([^"]+)"', "".join(drawn.values()))
    assert set(families) == {drawing.FONT}
    assert LONDON in drawn["index-by-area"]
