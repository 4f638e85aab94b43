"""The board after signing in: what changed, what waits and what failed, for each role."""

import datetime

import msgspec
import pytest
from lxml import html

from api import clock
from api.jobs import kinds
from api.pages.forms import Form
from api.pages.staff import board
from api.pages.staff.editions import scheduled_editions
from api.pages.work import StaffRequest
from survey.deployments import month_end
from survey.editions.actions import EditionKey
from survey.store import editions, jobs, places
from survey.store.accounts import people
from survey.store.editions import actions
from survey.store.editions.actions import NewestEdition
from survey.store.surveys import instruments
from survey.store.themes import codebooks
from tests.analysis.editions.full_editions import full_weekly_edition
from tests.analysis.editions.made_up_edition import WEEK, sample
from tests.api.pages.organiser.test_survey_handed_over import STREET
from tests.api.pages.staff.test_theme_pages import NEW
from tests.conftest import OneConnection
from tests.people import AMINA, CINDY, JOAN
from tests.stored.complaint_forms import create_case
from tests.stored.published_editions import save_and_publish

TODAY = datetime.date(2026, 11, 26)
DUE = "UPDATE complaints SET due_on = $2 WHERE reference = $1"
HELD = "INSERT INTO jobs (kind, key, held) VALUES ($1, $2, true)"


@pytest.fixture
def today(monkeypatch):
    monkeypatch.setattr(clock, "today", lambda: TODAY)


@pytest.fixture
async def cindy(signed_in):
    return await signed_in(CINDY)


async def load_box(client, name):
    """The text of a box, and where its links lead."""
    page = html.fromstring((await client.get("/work")).text)
    [found] = page.xpath(f'//section[@aria-labelledby="box-{name}"]')
    return " ".join(found.text_content().split()), found.xpath(".//a/@href")


async def test_every_box_says_so_where_nothing_is_in_it(cindy):
    for name, words in {
        "editions": "No editions yet.",
        "alerts": "Every alert has an owner.",
        "cases": "No case is overdue.",
        "actions": "0 overdue 0 due in two weeks",
        "coding": "Nothing waits for you.",
        "ahead": "No draft is waiting.",
        "failed": "Nothing failed.",
    }.items():
        assert words in (await load_box(cindy, name))[0], name


async def test_the_newest_edition_of_each_kind_stands_there_with_what_it_says(cindy, db):
    edition = full_weekly_edition()
    await save_and_publish(db.the_connection, edition)
    text, links = await load_box(cindy, "editions")
    assert "Published" in text
    assert "Made today" in text
    assert edition.lead[0] in text
    assert links[0] == f"/work/editions/weekly/{WEEK}/{edition.number}/read"


async def load_links_on_top(client):
    page = html.fromstring((await client.get("/work")).text)
    return page.xpath('//main//ul[contains(@class, "neighbours")]//a/@href')


async def test_the_meeting_and_figures_over_time_are_one_link_away(cindy, signed_in, db):
    assert await load_links_on_top(cindy) == ["/work/meeting"]
    await save_and_publish(db.the_connection, full_weekly_edition())
    over_time = ["/reports/boroughs", "/reports/themes", "/explore", "/method"]
    assert await load_links_on_top(cindy) == ["/work/meeting", *over_time]
    amina = await signed_in(AMINA)
    assert await load_links_on_top(amina) == ["/work/builder", *over_time]
    for address in over_time:
        assert (await amina.get(address)).status_code == 200


async def test_an_alert_stands_there_until_somebody_owns_it(cindy, db):
    edition = full_weekly_edition()
    await save_and_publish(db.the_connection, edition)
    wanted = [one for one in edition.alerts if one.standing != "closed" and not one.owner]
    text, links = await load_box(cindy, "alerts")
    assert text.startswith(f"Alerts without an owner {len(wanted)}")
    assert f"since {wanted[0].since:%-d %b %Y}" in text
    assert "2.41 (four weeks before: 1.90)" in text
    assert any(link.startswith(f"/work/editions/weekly/{WEEK}/") and "#" in link for link in links)
    cindy_id = (await people.by_email(db.the_connection, CINDY[0])).id
    for one in wanted:
        await actions.assign(db.the_connection, one.key, "Chair", "", by=cindy_id)
    assert "Every alert has an owner." in (await load_box(cindy, "alerts"))[0]


async def test_an_overdue_case_says_what_is_overdue_and_by_how_much(cindy, db, today):
    late, new = [(await create_case(db)).reference for _ in range(2)]
    await db.the_connection.execute(DUE, late, datetime.date(2026, 9, 16))
    await db.the_connection.execute(DUE, new, datetime.date(2026, 11, 30))
    text, links = await load_box(cindy, "cases")
    assert "1 overdue 0 due this week 2 unassigned 0 yours" in text
    assert f"{late} Acknowledge by 16 September: 10 weeks late" in text
    assert f"/work/complaints/{late}" in links
    assert new not in text


async def test_cases_due_this_week_are_counted_and_listed_by_themselves(cindy, db, today):
    soon, later = [(await create_case(db)).reference for _ in range(2)]
    await db.the_connection.execute(DUE, soon, datetime.date(2026, 11, 29))
    await db.the_connection.execute(DUE, later, datetime.date(2026, 11, 30))
    text, links = await load_box(cindy, "cases")
    assert "0 overdue 1 due this week 2 unassigned 0 yours" in text
    listed = (await cindy.get("/work/complaints?due=week")).text
    assert f"/work/complaints/{soon}" in listed
    assert f"/work/complaints/{later}" not in listed
    assert "/work/complaints?due=week" in links


async def load_box_names(client):
    page = html.fromstring((await client.get("/work")).text)
    boxes = page.xpath('//section[starts-with(@aria-labelledby, "box-")]/@aria-labelledby')
    return [name.removeprefix("box-") for name in boxes]


async def test_each_role_sees_first_what_it_does_first(cindy, signed_in):
    assert (await load_box_names(cindy))[:2] == ["cases", "alerts"]
    joan = await signed_in(JOAN)
    assert (await load_box_names(joan))[:2] == ["failed", "accounts"]
    text, links = await load_box(joan, "accounts")
    assert "open" in text
    assert "/work/people" in links


async def test_an_organiser_sees_how_many_answers_came_this_week(signed_in, db):
    amina = await signed_in(AMINA)
    account = (await people.by_email(db.the_connection, AMINA[0])).id
    await instruments.insert(db.the_connection, STREET, by=account)
    week = kinds.this_week(clock.today())
    for first, answers in ((week, 12), (week - datetime.timedelta(days=7), 5)):
        await db.the_connection.execute(
            "INSERT INTO week_counts (instrument, week, answers) VALUES ($1, $2, $3)",
            STREET.slug,
            first,
            answers,
        )
    text, links = await load_box(amina, "surveys")
    assert "12 answers this week 17 in all" in text
    assert f"/work/surveys/{STREET.slug}" in links


async def test_actions_that_are_due_stand_there_the_overdue_ones_first(cindy, db, today):
    which = EditionKey("weekly", WEEK, 1)
    await editions.save(db.the_connection, sample(number=1))
    cindy_id = (await people.by_email(db.the_connection, CINDY[0])).id
    for what, days in (("Later", 30), ("Soon", 3), ("Late", -1)):
        due = TODAY + datetime.timedelta(days=days)
        await actions.insert(db.the_connection, which, what, "Chair", due, by=cindy_id)
    text, _ = await load_box(cindy, "actions")
    assert "1 overdue 1 due in two weeks" in text
    assert text.index("Late") < text.index("Soon")
    assert "Later" not in text


async def test_a_draft_waits_for_its_next_step(cindy, db):
    await editions.save(db.the_connection, sample(number=1))
    text, links = await load_box(cindy, "ahead")
    assert "to be reviewed" in text
    assert f"/work/editions/weekly/{WEEK}/1" in links
    # Only the latest edition of a period waits: a later one takes the place of a draft.
    await save_and_publish(db.the_connection, sample(number=2))
    assert "No draft is waiting." in (await load_box(cindy, "ahead"))[0]


async def test_a_proposal_waits_to_be_decided(cindy, db):
    await codebooks.insert_proposals(db.the_connection, [NEW], codebook=1, key="2008-06")
    text, links = await load_box(cindy, "coding")
    assert "1 proposal for the list of themes" in text
    assert links == ["/work/themes/proposals"]


async def test_what_failed_is_shown_to_who_can_do_something_about_it(cindy, signed_in, db):
    await db.the_connection.execute(HELD, "weekly_edition", f"{WEEK} anew")
    await db.the_connection.execute(HELD, "retention", "")
    assert len(await jobs.load_held(db.the_connection)) == 2
    text, links = await load_box(cindy, "failed")
    assert "could not be made" in text
    assert "Job stopped" not in text
    assert links == ["/work/editions"]
    text, links = await load_box(await signed_in(JOAN), "failed")
    assert "Job stopped" in text
    assert links == ["/work/editions", "/work/jobs"]


async def test_every_kind_of_email_that_failed_is_shown(cindy, signed_in, db):
    connection = db.the_connection
    await save_and_publish(connection, full_weekly_edition())
    subscriber = await connection.fetchval(
        "INSERT INTO subscribers (key, email, asked) VALUES ('k', 'a@example.org', '{weekly}')"
        " RETURNING id"
    )
    # Nobody claimed it within the hour: there is no worker, or no mail server.
    await connection.execute(
        "INSERT INTO mails (subscriber, asked_at) VALUES ($1, now() - interval '2 hours')",
        subscriber,
    )
    account = (await people.by_email(connection, CINDY[0])).id
    await connection.execute(
        "INSERT INTO account_news (account, news, outcome) VALUES ($1::uuid, 'key', 'refused')",
        account,
    )
    text, links = await load_box(cindy, "failed")
    assert "1 email about editions may not have arrived" in text
    assert "sign-in" not in text
    text, links = await load_box(await signed_in(JOAN), "failed")
    assert "1 email to staff about their sign-in may not have arrived" in text
    assert links == ["/work/editions", "/work/people"]


async def test_an_organiser_sees_published_editions_and_surveys_alone(signed_in, db):
    await editions.save(db.the_connection, full_weekly_edition())
    page = html.fromstring((await (await signed_in(AMINA)).get("/work")).text)
    boxes = page.xpath('//section[starts-with(@aria-labelledby, "box-")]/@aria-labelledby')
    assert boxes == ["box-surveys", "box-editions"]
    assert "No editions yet." in page.text_content()


class CountingConnection:
    """A connection that also collects the statements sent over it."""

    def __init__(self, connection):
        self.connection, self.statements = connection, []

    def __getattr__(self, name):
        if name in {"fetch", "fetchrow", "fetchval", "execute"}:
            self.statements.append(name)
        return getattr(self.connection, name)


class DatabaseWithCity(OneConnection):
    """As in a running process, which reads the city twice a minute and not for each page."""

    def __init__(self, connection, city):
        super().__init__(connection)
        self.city = city

    async def load_cached(self, read):
        return self.city


async def test_the_board_takes_a_statement_for_each_list_on_it(db):
    await save_and_publish(db.the_connection, full_weekly_edition())
    joan = await people.by_email(db.the_connection, JOAN[0])
    city = await places.get_city(db.the_connection)
    counting = CountingConnection(db.the_connection)
    page = StaffRequest(None, DatabaseWithCity(counting, city), joan, Form())
    boxes = await board.load_boxes(page)
    assert len(boxes) > 10
    # Next editions and reports has two lists: drafts of editions, and reports of panels.
    assert len(counting.statements) <= len(boxes) + 1


@pytest.mark.parametrize(
    ("address", "group"),
    [
        ("/work", "Your work"),
        ("/work/complaints/figures", "Complaints"),
        ("/work/alerts", "Editions"),
        ("/work/themes/codebook", "Texts"),
        ("/work/answers", "Data"),
        ("/work/people", "Administration"),
        ("/work/help", "Help"),
    ],
)
async def test_the_menu_has_every_page_in_groups_and_marks_the_current_one(
    address, group, signed_in, app
):
    page = html.fromstring((await (await signed_in(JOAN)).get(address)).text)
    [menu] = page.xpath('//nav[@aria-label="Menu"]/ul')
    assert {one.address for one in app.state.menu} == set(menu.xpath(".//a/@href"))
    assert len(menu.xpath("./li")) <= 8
    [here] = menu.xpath('./li[contains(@class, "--active")]')
    assert group in here.text_content()
    assert here.xpath(".//*[@aria-current]")


@pytest.mark.parametrize("at", [0, 1])
def test_an_edition_that_is_complete_is_not_said_to_be_made(at):
    """Found: the board said that November would be made, next to the published one."""
    name, _ = scheduled_editions([])[at]
    kind, start, _ = kinds.coming_editions(clock.now())[at]
    end = start + datetime.timedelta(days=6) if kind == "weekly" else month_end(start)
    made = NewestEdition(
        kind=kind,
        start=start,
        end=end,
        number=1,
        sha256="",
        made_at=clock.midnight(end + datetime.timedelta(days=1)),
        status="published",
        body=b"",
        assignments={},
    )
    assert name not in dict(scheduled_editions([made]))
    assert len(scheduled_editions([made])) == 2
    too_early = msgspec.structs.replace(made, made_at=clock.midnight(end))
    assert name in dict(scheduled_editions([too_early]))
