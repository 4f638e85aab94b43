"""A place in another zone over midnight and a change of clocks: what came at 23:30 there belongs to
that day, whether read as a day, a week, a month, a deadline, a row of an export or an edition.

The server's own time is London's, and so are the areas.
"""

import datetime
import uuid
from zoneinfo import ZoneInfo

import pytest

from api import clock
from api.commands.files import import_file
from api.jobs import kinds
from api.jobs.edition_inputs.all_inputs import load_edition_inputs
from api.operations import cases, foundations, own_cases
from api.settings import Settings
from survey.cases import case_state
from survey.problems import Conflict
from survey.sources.places import LONDON
from survey.store import database
from survey.store.answers import counts, responses, sums
from survey.store.cases import caseload, events
from survey.store.surveys import instruments
from tests import alone
from tests.stored.case_rows import HACKNEY, insert_complaint

CHICAGO = ZoneInfo("America/Chicago")
DAY = datetime.timedelta(days=1)
SLUG = "feedback"
# Sundays on which clocks change there and not in London.
SUNDAYS = [datetime.date(2026, 3, 8), datetime.date(2026, 11, 1)]


def moment(day, hour, minute=0):
    return datetime.datetime.combine(day, datetime.time(hour, minute), CHICAGO)


def around(sunday):
    """The last half hour of Saturday, the first and the last one of Sunday, the first of Monday."""
    return [
        moment(sunday - DAY, 23, 30),
        moment(sunday, 0),
        moment(sunday, 23, 30),
        moment(sunday + DAY, 0),
    ]


@pytest.fixture(scope="module")
async def connection(server, tmp_path_factory):
    """A connection as the program opens it to a database of London's areas with Chicago's time."""
    folder, data = tmp_path_factory.mktemp("chicago"), tmp_path_factory.mktemp("data")
    for file in LONDON.iterdir():
        named = 'name = "Chicago"\ntime_zone = "America/Chicago"'
        text = file.read_text().replace('name = "London"', named)
        (folder / file.name).write_text(text)
    async with alone.create_database(server, "days_of_chicago") as dsn:
        settings = Settings(database_url=dsn, data=data, allow_unsafe_database=True)
        [said] = await import_file(settings, "places", folder, b"", datetime.date(2026, 1, 1))
        assert "Its days begin by the time of America/Chicago." in said
        async with database.open_database(dsn) as opened, opened.connection() as one:
            clock.use_zone(opened.time_zone)
            yield one
    clock.use_zone("Europe/London")


@pytest.fixture(params=SUNDAYS, ids=["of 23 hours", "of 25 hours"])
async def sunday(request, db):
    """One of the Sundays; an answer and a complaint came at each moment around it."""
    form, _ = await instruments.get(db.the_connection, SLUG)
    rows = []
    for at in around(request.param):
        # As the table itself does: of a moment its hour is stored.
        at = await db.the_connection.fetchval("SELECT date_trunc('hour', $1::timestamptz)", at)
        await insert_complaint(db.the_connection, at, ("force",))
        ident = uuid.uuid4()
        answered = (ident, f"R{ident.hex}", SLUG, form.version, "open", HACKNEY, "en", {})
        rows.append((*answered, None, None, None, at))
    await responses.copy_responses_in(db.the_connection, rows)
    return request.param


def week_of(sunday):
    return sunday - 6 * DAY


async def test_each_row_of_an_export_has_its_day(db, sunday):
    batches = [b async for b in counts.read_in_batches(db.the_connection, SLUG, 10)]
    days = [row.day for batch in batches for row in batch]
    assert days == [sunday - DAY, sunday, sunday, sunday + DAY]


async def test_weeks_have_what_came_before_their_last_midnight(db, sunday):
    expected = {week_of(sunday): 3, sunday + DAY: 1}
    for _ in ("while they wait", "when they are summed"):
        weeks = await counts.count_by_week(db.the_connection, SLUG)
        assert {one.week: one.answers for one in weeks} == expected
        await sums.rebuild(db.the_connection)


async def test_sums_and_months_begin_at_the_place_s_midnight(db, sunday):
    await sums.rebuild(db.the_connection)
    spans = await sums.load_span_counts(db.the_connection, "open", week_of(sunday), sunday + DAY)
    first, *cells = [(one.since, one.persons) for one in spans]
    months = await caseload.count_by_month(
        db.the_connection,
        clock.midnight((sunday - DAY).replace(day=1)),
        clock.midnight(sunday + 2 * DAY),
    )
    if sunday.day == 1:  # the week lies in two months
        assert (first, cells) == ((week_of(sunday), 1), [(sunday, 2), (sunday + DAY, 1)])
        assert [number for _, number in months] == [1, 3]
    else:
        assert (first, cells) == ((week_of(sunday), 3), [(sunday + DAY, 1)])
        assert [number for _, number in months] == [4]


async def test_an_edition_has_its_days_and_no_hour_of_the_next(db, sunday):
    period = (week_of(sunday), sunday)
    made = await load_edition_inputs(
        db.the_connection, "weekly", period, number=1, as_of=sunday + DAY
    )
    assert len(made.complaints) == 3
    last = (sunday - made.first).days
    assert sorted(made.complaints.day.tolist()) == [last - 1, last, last]


async def test_a_deadline_counts_from_the_day_there(db, sunday):
    late = await db.the_connection.fetchval(
        "SELECT id::text FROM complaints WHERE received_at = $1", moment(sunday, 23)
    )
    [received] = await events.load_history(db.the_connection, late)
    assert received.day == sunday
    due = case_state([received], ("force",), cases.working_day_after).due
    assert due == cases.working_day_after(sunday, 5)
    [line] = await events.load_timeline(db.the_connection, late)
    assert own_cases.timeline_entry(line).day == sunday


def test_the_morning_of_an_edition_is_the_place_s():
    for sunday in SUNDAYS:
        monday = sunday + DAY
        six = moment(monday, 6).astimezone(datetime.UTC)
        before = clock.local_time(six - datetime.timedelta(minutes=1))
        assert kinds.weekly(before) == str(week_of(sunday) - 7 * DAY)
        assert kinds.weekly(clock.local_time(six)) == str(week_of(sunday))
        assert kinds.coming_editions(before)[0][1:] == (week_of(sunday), six)


async def test_another_time_is_refused_once_there_are_answers(db, sunday):
    with pytest.raises(Conflict) as refused:
        await foundations.load_city(db.the_connection, LONDON)
    assert refused.value.code == "city.lived_in"
