"""A borough among all: the strip shows what the edition publishes, and says what is withheld."""

import re
from xml.etree import ElementTree

import msgspec

from api.editions import drawing
from api.editions.areas import (
    among_all_chart,
    among_all_section,
    area_tiles,
    report_tile,
    shade_tiles,
)
from api.editions.charts import OrderedChart, OrderedRow
from tests.analysis.editions.full_editions import full_weekly_edition
from tests.analysis.editions.made_up_edition import sample

SVG = "{http://www.w3.org/2000/svg}"


def strip_of(edition, domain):
    return dict(among_all_chart(edition, domain))["among-all"]


def shown_and_withheld(edition):
    figures = {one.domain: one.value for one in edition.index if one.domain != edition.city}
    shown = [domain for domain, value in figures.items() if value is not None]
    return shown, [domain for domain, value in figures.items() if value is None]


def test_every_published_borough_has_a_mark_and_the_one_its_label():
    edition = full_weekly_edition()
    shown, _hidden = shown_and_withheld(edition)
    for domain in shown:
        strip = strip_of(edition, domain)
        svg = drawing.render_named_charts([("among-all", strip)])["among-all"]
        root = ElementTree.fromstring(svg)
        named = [one.get("data-row") for one in root.iter() if one.get("data-row")]
        tiles = {tile.area: tile.name for tile in edition.tiles}
        assert sorted(named) == sorted(tiles[one] for one in shown)
        assert strip.label in [one.text for one in root.iter(f"{SVG}text")]
        assert strip.label.startswith(tiles[domain])


def test_a_withheld_borough_is_said_in_words_and_has_no_mark():
    edition = sample()
    shown, hidden = shown_and_withheld(edition)
    strip = strip_of(edition, hidden[0])
    svg = drawing.render_named_charts([("among-all", strip)])["among-all"]
    assert strip.label.endswith(": withheld")
    assert strip.label in svg
    assert f'data-row="{strip.marked}"' not in svg
    assert f"Of {len(shown)} boroughs with a figure" in strip.description
    assert f"{len(hidden)} boroughs are withheld." in strip.description
    (section,) = among_all_section(edition, hidden[0])
    assert section.figure.title == "Withheld"


def test_the_table_under_it_has_the_name_of_each_mark():
    edition = full_weekly_edition()
    shown, _hidden = shown_and_withheld(edition)
    (section,) = among_all_section(edition, shown[0])
    names = [row[0].text for row in section.figure.table.rows]
    assert [spot.name for spot in strip_of(edition, shown[0]).spots] == names


def test_the_city_is_not_among_its_boroughs():
    assert not dict(among_all_chart(sample(), "London"))
    assert not list(among_all_section(sample(), "London"))


def test_tiles_have_three_letters_and_no_hyphen_in_old_editions_too():
    """Editions hold the names of tiles: an old one has "Hillingdon", wider than a tile."""
    older = tuple(
        msgspec.structs.replace(tile, short=tile.name.split()[0]) for tile in sample().tiles
    )
    shown = area_tiles(msgspec.structs.replace(sample(), tiles=older))
    assert all(len(tile.short) == 3 and tile.short.isupper() for tile in shown)
    assert len({tile.short for tile in shown}) == len(shown) == 33
    elsewhere = msgspec.structs.replace(older[0], area="08", short="Mitte")
    assert report_tile(elsewhere).short == "Mitte"


def test_a_tile_is_the_darker_the_higher_its_figure():
    shown = [tile for tile in area_tiles(sample()) if tile.value]
    by_figure = sorted(shown, key=lambda tile: float(tile.value))
    shades = [tile.shade for tile in by_figure]
    assert shades == sorted(shades)
    assert (shades[0], shades[-1]) == (1, 5)
    assert {tile.shade for tile in area_tiles(sample()) if not tile.value} == {0}


def test_where_all_figures_are_equal_all_shades_are():
    tiles = [tile for tile in area_tiles(sample()) if tile.value][:3]
    assert {tile.shade for tile in shade_tiles(tiles, [50.0, 50.0, 50.0])} == {1}


def test_a_borough_far_outside_has_a_larger_sign():
    """Found: nobody could see which ones are far outside."""

    def sizes(place):
        row = OrderedRow("Camden", 70.0, 65.0, 75.0, place, None)
        chart = OrderedChart(title="Index", description="", rows=(row,), line=(60.0, "London"))
        svg = drawing.render_named_charts([("funnel-index", chart)])["funnel-index"]
        (sign,) = re.findall(r'data-row="Camden"[^>]* d="([^"]+)"', svg) or re.findall(
            r' d="([^"]+)"[^>]*data-row="Camden"', svg
        )
        return max(abs(float(at)) for at in re.findall(r"-?[\d.]+", sign))

    assert sizes("above") > 1.5 * sizes("high")
    assert sizes("below") > 1.5 * sizes("low")
