"""MOPAC perception next to Met use of force: the real files, April to December 2023."""

import datetime
from pathlib import Path

import pytest

from api.jobs.edition_inputs import editions
from api.operations import imports

KNOWN = datetime.date(2024, 6, 1)
FILES = (
    ("deployments", "deployments/mps_uof_by_borough_month_fy23-24.csv"),
    ("perception", "perception/mopac_pas_borough_2014-12_2023-12.csv"),
)


@pytest.fixture
async def december(db, shared):
    for kind, file in FILES:
        content = (shared / "data" / file).read_bytes()
        await imports.import_figures(db.the_connection, kind, file.split("/")[1], content, KNOWN)
    edition, _ = await editions.make_edition(
        db.the_connection, "monthly", datetime.date(2023, 12, 1)
    )
    return edition


async def test_three_quarters_are_compared_and_no_effect_is_claimed(december):
    found = december.published_association
    assert found.verdict == "inconclusive"
    assert "3 of 4 quarters" in found.sentence
    assert any("share 9 of them" in caveat for caveat in found.caveats)
    assert found.smallest_detectable > 0


async def test_each_borough_has_both_figures_with_their_bases(december):
    last = [one for one in december.beside if one.quarter_end == datetime.date(2023, 12, 31)]
    areas = [one for one in last if one.perception.domain.startswith("E09")]
    assert len(areas) == 32
    assert all(one.perception.n == 400 for one in areas)
    assert all(one.deployments is not None for one in areas)
    hackney = next(one for one in areas if one.perception.domain == "E09000012")
    assert hackney.perception.low < hackney.perception.value < hackney.perception.high


async def test_the_month_s_uses_are_those_of_the_file(december, db):
    total = await db.the_connection.fetchval(
        "SELECT sum(count) FROM deployment_counts WHERE tactic = 'ced' AND category = 'all'"
        " AND start_on = '2023-12-01' AND area LIKE 'E09%'"
    )
    assert abs(december.deployments[0].events - total) <= 2


async def test_the_worked_example_says_what_the_files_say(december):
    page = (Path(__file__).parents[3] / "docs/method/panel-2023.md").read_text(encoding="utf-8")
    found = december.published_association
    assert f"> {found.sentence}\n" in page
    cells = (line.strip("| ").split(" | ") for line in page.splitlines())
    rows = dict(row for row in cells if len(row) == 2)
    assert rows["change of the share by one more use per 10,000 residents"] == (
        f"{found.beta:.1f} points"
    )
    assert rows["95 % interval"] == f"{found.low:.1f} to {found.high:.1f}"
    assert rows["uses in the panel"].startswith("withheld")
    assert found.events is None
    assert rows["verdict"] == found.verdict
    assert f"{found.smallest_detectable:.1f} points" in page
    assert f"t with {found.degrees:.1f} degrees" in page
    assert f"{found.areas} boroughs" in page
    assert f"so that {found.periods} periods" in page
    last = [one.perception for one in december.beside if one.perception.domain == "E09000012"][-1]
    assert (
        f"{last.value:.1f} % at the end of 2023 lies between {last.low:.1f} and {last.high:.1f}"
        in (page)
    )
