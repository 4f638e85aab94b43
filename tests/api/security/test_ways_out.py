"""All that anybody can read about deployments, combined: editions, their notes, and the API."""

import datetime

import msgspec
import numpy as np
import pytest
from scipy import sparse

from analysis.editions.gate import published_counts
from api import clock
from api.jobs import kinds
from api.jobs.edition_inputs import editions
from api.jobs.kinds import last_week
from survey.editions import Edition
from survey.store import deployments, places
from tests import attacks
from tests.stored.published_editions import publish_saved

DAY = datetime.timedelta(days=1)
WEEK = datetime.timedelta(days=7)
WEEKS = 3
FEWEST, WIDTH = 5, 5 - 1e-6


class PublishedFigures:
    """An attacker who adds up published figures: unknown counts by borough and days, known sums."""

    def __init__(self, city, codes, figures):
        self.city, self.codes = city, codes
        days = {day for one in figures for day in (one.days[0], one.days[1] + DAY)}
        self.edges = sorted(days)
        self.low, self.high = (
            np.array(ends, dtype=float)
            for ends in zip(*(one.rule.bounds(one.shown) for one in figures), strict=True)
        )
        self.sums = np.array([self.cells(one.series[-1], one.days) for one in figures])

    def cells(self, area, days):
        inside = np.array([days[0] <= edge <= days[1] for edge in self.edges[:-1]], dtype=float)
        places = np.array([area in (code, self.city) for code in self.codes], dtype=float)
        return np.outer(places, inside).ravel()

    def width(self, cells):
        """How far apart a sum of cells can lie, given all that is published."""
        known = sparse.block_array(
            [[sparse.csr_array(self.sums), None], [cells[None], -np.ones((1, 1))]], format="csr"
        )
        low, high = np.append(self.low, 0.0), np.append(self.high, 0.0)
        most = attacks.cell_bound(known, low, high, cells.size)
        return most - attacks.cell_bound(known, low, high, cells.size, least=True)


async def all_rows(client, route):
    rows, after = [], ""
    while after is not None:
        page = (await client.get(f"{route}?limit=200{after and f'&after={after}'}")).json()
        rows += page["items"]
        after = page["next"]
    return rows


@pytest.fixture(scope="module")
def weeks():
    return 5


@pytest.fixture
async def read(city, client):
    """Every published edition as anybody reads it, and every row of the deployments API."""
    for back in range(WEEKS - 1, -1, -1):
        made, _ = await editions.make_edition(
            city, "weekly", last_week(clock.today()) - back * WEEK
        )
        await publish_saved(city, made)
    made, _ = await editions.make_edition(city, "monthly", kinds.last_month(clock.today()))
    await publish_saved(city, made)
    listed = await all_rows(client, "/api/v1/reports")
    bodies = [
        (await client.get(f"/api/v1/reports/{one['kind']}/{one['start']}")).content
        for one in listed
    ]
    found = [msgspec.json.decode(body, type=Edition) for body in bodies]
    return found, await all_rows(client, "/api/v1/deployments")


@pytest.mark.slow
async def test_what_is_told_of_deployments_pins_no_small_count(city, client, read):
    """Found: with rows by borough and week in the API, 213 of 1,674 withheld counts were exact."""
    found, rows = read
    figures = [
        one for edition in found for one in published_counts(edition) if one.series[0] == "uses"
    ]
    named = {(one.series[-1], one.days, one.shown) for one in figures}
    day = datetime.date.fromisoformat
    assert {(r["area"], (day(r["start"]), day(r["end"])), r["count"]) for r in rows} <= named
    assert await all_rows(client, "/api/v1/deployments/published") == []
    codes = [area.code for area in (await places.get_city(city)).local_areas()]
    reader = PublishedFigures(found[0].city, codes, figures)
    true = await true_weekly_counts(city, found)
    small = [one for one, count in true.items() if count < FEWEST][:60]
    assert len(small) > 20
    narrow = [(one, true[one]) for one in small if reader.width(reader.cells(*one)) < WIDTH]
    assert narrow == []


async def true_weekly_counts(city, found):
    """True uses by borough and week of the weekly editions, zeros included."""
    first, last = min(one.start for one in found), max(one.end for one in found)
    rows = await deployments.load_counts(city, first, last, as_of=clock.today())
    codes = [area.code for area in (await places.get_city(city)).local_areas()]
    weeks = {(one.start, one.end) for one in found if one.kind == "weekly"}
    counts = {(code, days): 0 for days in weeks for code in codes}
    for row in rows:
        key = row.count.area, (row.count.start, row.count.end)
        if key in counts and row.count.group == "all":
            counts[key] += row.count.count
    return counts


@pytest.mark.slow
async def test_no_log_nor_alert_names_a_borough(city, read):
    names = {area.name for area in (await places.get_city(city)).local_areas()}
    codes = {area.code for area in (await places.get_city(city)).local_areas()}
    for edition in read[0]:
        said = [line.sentence for line in (*edition.quality, *edition.disclosure)]
        assert not [name for name in names for sentence in said if name in sentence]
        feeds = {one.domain for one in edition.alerts if one.rule.startswith("feed_")}
        assert feeds.isdisjoint(codes)
