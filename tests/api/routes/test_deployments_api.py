"""The deployments API returns what published editions show, and publishers' own tables."""

import datetime

import pytest

from api.jobs.edition_inputs import editions
from api.operations import imports
from survey.store import editions as reports
from tests.stored.published_editions import publish_saved

WEEK = datetime.date(2008, 3, 3)
KNOWN = datetime.date(2008, 6, 1)
ROUTE = "/api/v1/deployments"
FORMS = (
    "source,incident,subject,officer_report,date,area,tactics\n"
    "A,i1,s1,r1,2008-03-04,Hackney,fired\n"
    "A,i1,s2,r2,2008-03-04,Hackney,drawn\n"
)
PLAIN = "source,start,end,area,measure,tactic,group,count\n" + "".join(
    f"B,{start},{start + datetime.timedelta(days=6)},{area},incidents,fired,{group},{count}\n"
    for back in range(13)
    for start in [WEEK - datetime.timedelta(weeks=back)]
    for area, count in (("Hackney", 21), ("Camden", 1))
    for group in ("all", "age:11-17")
)


async def import_text(db, text):
    await imports.import_figures(db.the_connection, "deployments", "own.csv", text.encode(), KNOWN)


async def all_rows(client, route=ROUTE):
    """All rows of a list, read page by page."""
    rows, after = [], ""
    while after is not None:
        page = (await client.get(f"{route}?limit=7{after and f'&after={after}'}")).json()
        rows += page["items"]
        after = page["next"]
    return rows


@pytest.mark.parametrize("text", [FORMS, PLAIN], ids=["one by one", "plain format"])
async def test_what_no_publisher_has_put_out_is_nowhere_before_review(db, client, text):
    """Found: the API showed a firing in Hackney that week, and that it had two subjects."""
    await import_text(db, text)
    await editions.make_edition(db.the_connection, "weekly", WEEK, as_of=KNOWN)
    assert await all_rows(client) == []
    assert await all_rows(client, f"{ROUTE}/published") == []


async def test_a_published_edition_is_shown_as_it_was_stored_and_in_no_more_detail(db, client):
    await import_text(db, PLAIN)
    made, _ = await editions.make_edition(db.the_connection, "weekly", WEEK, as_of=KNOWN)
    await publish_saved(db.the_connection, made)
    again, _ = await editions.make_edition(
        db.the_connection, "weekly", WEEK, as_of=KNOWN, why="A file came late."
    )
    rows = await all_rows(client)
    edition = await reports.get(db.the_connection, "weekly", WEEK, 1)
    assert [(row["area"], row["count"]) for row in rows] == [
        (one.domain, one.events) for one in edition.deployments
    ]
    assert {row["number"] for row in rows} == {1} != {again.number}
    assert {(row["start"], row["end"]) for row in rows} == {
        (str(edition.rates_from), str(edition.end))
    }
    of = {row["area"]: row["status"] for row in rows}
    assert (of["E09000012"], of["E09000007"], of["E09000005"]) == ("shown", "withheld", "withheld")
    assert {key for row in rows for key in row}.isdisjoint({"tactic", "group"})


async def test_the_list_goes_on_behind_every_edition(db, client, monkeypatch):
    monkeypatch.setattr("api.routes.reports.EDITIONS_AT_ONCE", 1)
    await import_text(db, PLAIN)
    for back in range(3):
        made, _ = await editions.make_edition(
            db.the_connection, "weekly", WEEK - datetime.timedelta(weeks=back), as_of=KNOWN
        )
        await publish_saved(db.the_connection, made)
    rows = await all_rows(client)
    assert len({(row["period"], row["area"]) for row in rows}) == len(rows) == 3 * 33
    assert [row["period"] for row in rows] == sorted(row["period"] for row in rows)


async def test_a_publishers_own_table_is_told_exactly_as_it_stands_there(db, client):
    months = "Date,Borough,CED Used,UseOfForceCount\n2008-03-01,Hackney,3,13\n"
    await import_text(db, months)
    rows = await all_rows(client, f"{ROUTE}/published")
    assert {(row["tactic"], row["count"]) for row in rows} == {("ced", 3), ("force", 13)}
    assert await all_rows(client) == []
