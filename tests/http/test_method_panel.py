"""docs/method/panel-2023.md: every figure on the page is computed here from the real files."""

import datetime
from pathlib import Path

import numpy as np
import pytest

from analysis import published
from analysis.edition import PUBLISHED_ITEM
from analysis.statistics import association, panel, power, windows
from api import importing
from api.jobs import editions
from api.jobs.gathering import gather
from survey.store import deployments
from tests.http.test_published_perception import FILES, KNOWN

PAGE = (Path(__file__).parents[2] / "docs" / "method" / "panel-2023.md").read_text()
TOLD = " ".join(PAGE.replace("> ", "").split())
DECEMBER = datetime.date(2023, 12, 1), datetime.date(2023, 12, 31)
REPORTED = datetime.date(2023, 4, 1), datetime.date(2023, 12, 31)


@pytest.fixture
async def connection_with_files(db, shared):
    for kind, file in FILES:
        content = (shared / "data" / file).read_bytes()
        await importing.figures(db.the_connection, kind, file.split("/")[1], content, KNOWN)
    return db.the_connection


def said(table):
    """The lines of the page that these figures make."""
    return [f"| {name} | {value} |" for name, value in table.items()]


def missing(lines):
    return [line for line in lines if line not in PAGE]


def points(value):
    return f"{value:.2f}".replace("-", "−")


def between(low, high):
    return f"{points(low)} to {points(high)}"


async def test_the_page_has_the_panel_of_the_edition(connection_with_files):
    made, _ = await editions.make(connection_with_files, "monthly", DECEMBER[0], as_of=KNOWN)
    found = made.published_association
    table = {
        "β, percentage points per use per 10,000 in the quarter before": points(found.beta),
        "95 % interval": between(found.low, found.high),
        "standard error, degrees of freedom": f"{points(found.standard_error)}, {found.degrees}",
        "smallest detectable effect": points(found.smallest_detectable),
        "boroughs, quarters compared": f"{found.areas}, {found.periods}",
        "officers' reports of a use in the quarters before": f"{found.events:,}",
        "verdict": found.verdict,
    }
    assert missing(said(table)) == []
    assert [one for one in (found.sentence, *found.caveats) if one not in TOLD] == []


@pytest.fixture
async def material(connection_with_files):
    return await gather(connection_with_files, "monthly", DECEMBER, number=1, as_of=KNOWN)


@pytest.fixture
async def shares(connection_with_files):
    """Borough and last day of a window to the published share, all windows of the file."""
    rows = await deployments.perceptions(
        connection_with_files, datetime.date(2014, 1, 1), DECEMBER[1], as_of=KNOWN
    )
    return {
        (row["area"], row["quarter_end"]): 100 * row["proportion"]
        for row in rows
        if row["item"] == PUBLISHED_ITEM and row["area"].startswith("E09")
    }


def window(end):
    return datetime.date(end.year - 1 + end.month // 12, end.month % 12 + 1, 1), end


def apart(shares):
    ends = sorted({end for _, end in shares})
    return [ends[i] for i in windows.apart([window(end) for end in ends])]


def beside(material, shares, ends, used):
    """The panel of boroughs x these windows; `used` gives the uses of a borough in a window."""
    keep = [i for i, area in enumerate(material.boroughs) if area.per_resident]
    codes = [material.codes[i] for i in keep]
    return panel.Panel(
        outcome=np.array([[shares[code, end] for end in ends] for code in codes]),
        deployments=np.array([[used(code, end) for end in ends] for code in codes], dtype=float),
        population=material.residents[keep, None],
        weight=np.ones((len(keep), len(ends))),
    )


async def test_the_page_says_that_windows_apart_leave_nothing_to_compare(material, shares):
    ends = apart(shares)

    def reported(code, end):
        start, _ = window(end)
        months = {one.start for one in material.counts if start <= one.start <= end}
        whole = len(months) == 12
        return published.uses(material, start, end).get(code, 0) if whole else np.nan

    found = association.associate(beside(material, shares, ends, reported), wording=published.WORDS)
    assert (len({end for _, end in shares}), len(ends)) == (37, 10)
    assert found.beta is None
    assert found.sentence in TOLD


@pytest.mark.parametrize(
    ("heading", "years"), [("2022 to 2023", (2022, 2023)), ("2021 to 2022", (2021, 2022))]
)
async def test_the_page_has_the_change_of_a_year_beside_the_uses(material, shares, heading, years):
    used = published.uses(material, *REPORTED)
    ends = [datetime.date(year, 12, 31) for year in years]
    assert set(ends) <= set(apart(shares))
    found = panel.fit(
        beside(material, shares, ends, lambda code, end: used[code] * (end == ends[1])), lags=(0,)
    )
    low, high = (float(limit[0]) for limit in found.interval())
    areas = {area for area, _ in shares}
    change = np.mean([shares[area, ends[1]] - shares[area, ends[0]] for area in areas])
    row = (
        f"| {heading} | {points(change)} | {points(float(found.beta[0]))} "
        f"| {between(low, high)} | {points(power.detectable(float(found.se[0])))} |"
    )
    assert missing([row]) == []
    assert f"{sum(used[area] for area in areas):,} officers' reports" in TOLD


def test_the_page_says_what_one_borough_would_have_to_change_by():
    change = 100 * power.detectable_share(0.5, 400, deff=published.ASSUMED_DEFF)
    assert f"{change:.1f} percentage points" in TOLD
