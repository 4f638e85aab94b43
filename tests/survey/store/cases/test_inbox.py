"""The inbox in the database: filters, order, pages, search, workload, and saved views."""

import datetime

import pytest

from api import clock
from api.jobs.texts import coding
from api.operations import cases as case_commands
from api.operations.cases import CaseCommand, DataEntry
from survey.cases import ACTIVE_STATUSES, CaseEvent
from survey.store.accounts import people
from survey.store.cases import complaints, inbox
from survey.store.cases.inbox import InboxSearch, InboxTotals
from survey.store.themes import codes
from survey.themes.redactions import redact_lines
from tests.people import AMINA, CINDY, JOAN
from tests.stored.complaint_forms import CLOSING_MESSAGES, create_case

DAY = datetime.timedelta(days=1)


@pytest.fixture
def make_case(db):
    """Submits a case and applies moves; `due` sets its deadline, in days from today."""

    async def case(*moves, due=None, days_old=0, handler=None, **given):
        reference = (await create_case(db, **given)).reference
        if handler:
            await act_on_case(db, reference, "assigned", to=handler)
        for kind in moves:
            await act_on_case(db, reference, kind)
        await db.the_connection.execute(
            "UPDATE complaints SET received_at = received_at - $2::int * interval '1 day',"
            " due_on = CASE WHEN $3 THEN $4 ELSE due_on END WHERE reference = $1",
            reference,
            days_old,
            due is not None,
            clock.today() + (due or 0) * DAY,
        )
        return reference

    return case


async def act_on_case(db, reference, kind, **given):
    case = await complaints.get(db.the_connection, reference)
    more = {"outcome": {"allegation": "incivility", "outcome": "resolved"}}.get(kind, {}) | given
    deed = CaseCommand(
        event=CaseEvent(kind=kind, **more),
        side="reviewer",
        expected=case.version,
        message=CLOSING_MESSAGES.get(kind),
    )
    await case_commands.apply_command(db.the_connection, reference, deed)


async def account_id(db, who):
    return (await people.by_email(db.the_connection, who[0])).id


@pytest.fixture
def found(db):
    async def references(limit=50, after=None, **asked):
        wanted = InboxSearch(**({"today": clock.today(), "statuses": ACTIVE_STATUSES} | asked))
        rows = await inbox.load_page(db.the_connection, wanted, after, limit)
        return [row.reference for row in rows]

    return references


async def submit_in_every_state(make_case):
    """Overdue by two and by nine days, waiting and late, due tomorrow, and two closed cases."""
    return {
        "late": await make_case("acknowledged", due=-2),
        "later": await make_case("acknowledged", due=-9),
        "waiting": await make_case("acknowledged", "asked", due=-4),
        "soon": await make_case("acknowledged", due=1),
        "closed": await make_case("outcome", "closed"),
        "older": await make_case("outcome", "closed", days_old=3),
    }


async def test_overdue_ones_come_first_then_by_the_day_they_are_due_then_the_newest(
    make_case, found
):
    cases = await submit_in_every_state(make_case)
    order = ["later", "late", "waiting", "soon", "closed", "older"]
    assert await found(statuses=None) == [cases[name] for name in order]
    assert await found() == [cases[name] for name in order[:4]]
    assert await found(overdue=True) == [cases["later"], cases["late"]]


async def test_pages_follow_each_other_without_a_gap(make_case, found, db):
    cases = await submit_in_every_state(make_case)
    for _ in range(4):
        await make_case("outcome", "closed")
    whole = await found(statuses=None)
    wanted, after, seen = InboxSearch(today=clock.today()), None, []
    while rows := await inbox.load_page(db.the_connection, wanted, after, 3):
        seen += [row.reference for row in rows]
        after = rows[-1].key
    assert seen == whole
    assert len(seen) == len(cases) + 4


async def test_each_filter_leaves_what_it_says(make_case, found, db):
    joan = await account_id(db, JOAN)
    mine = await make_case(handler=joan)
    other = await make_case(area="Camden", allegations=["custody"], desk=DataEntry(channel="phone"))
    assert await found(handler=joan) == [mine]
    assert await found(nobody=True) == [other]
    assert await found(area="E09000007") == [other]
    assert await found(kind="custody") == [other]
    assert await found(kind="incivility") == [mine]
    assert await found(channel="phone") == [other]
    assert await found(channel="online", area="E09000007") == []
    assert await found(statuses=("decided",)) == []


async def submit_and_code(db, narrative, **given):
    reference = (await create_case(db, narrative=narrative, **given)).reference
    await coding.code_all(db.the_connection)
    return reference


@pytest.mark.parametrize(
    ("words", "finds"),
    [
        ("bakery", True),
        ("bakeries", True),  # by its stem, in English
        ("BAKERY shouting", True),
        ('"red dot"', True),
        ('"dot red"', False),
        ("library or bakery", True),
        ("bakery -shouting", False),
        ("bakery -library", True),
        ("the", True),  # a word that English leaves out, looked for as it is
        ("Smith", False),
        ("900123", False),
        ("'; DROP TABLE complaints; --", False),
        ('"', False),
    ],
)
async def test_words_are_searched_as_in_a_search_engine(words, finds, db, found):
    story = "Sergeant John Smith shone a red dot on me by the bakery, shouting. Ring 07700 900123."
    reference = await submit_and_code(db, story)
    assert await found(words=words) == ([reference] if finds else [])


@pytest.mark.slow
async def test_words_of_other_languages_are_found_as_they_are_written(db, found):
    receipt = await create_case(db, narrative="Polis bana bağırdı ve beni itti.")
    await db.the_connection.execute("UPDATE texts SET language = 'tr'")
    await coding.code_all(db.the_connection)
    assert await found(words="bağırdı") == [receipt.reference]


async def test_words_that_a_person_masked_find_nothing_any_more(db, found):
    connection = db.the_connection
    reference = await submit_and_code(db, "My neighbour the florist was pushed by the bakery.")
    assert await found(words="florist") == [reference]
    case = await complaints.get(connection, reference)
    row = await codes.get_written_text(connection, case.id, "narrative")
    masked, _ = redact_lines(row.body, [], ["florist"], row.body)
    await codes.insert_redaction(connection, row.id, masked, by=await account_id(db, JOAN))
    assert await found(words="florist") == []
    assert await found(words="bakery") == [reference]
    shown = await complaints.load_redacted_texts(connection, case.id)
    assert shown["narrative"] == "My neighbour the [masked] was pushed by the bakery."
    await connection.execute("UPDATE codings SET redacted = redacted || ' florist'")
    assert await found(words="florist") == []


async def test_merged_complaints_are_told_beside_the_cases_that_they_make(make_case, db):
    main, second, third = [await make_case() for _ in range(3)]
    deed = CaseCommand(
        event=CaseEvent(kind="merged", note="one evening"), side="reviewer", expected=1
    )
    await case_commands.merge_cases(db.the_connection, second, main, deed, same_person=False)
    wanted = InboxSearch(today=clock.today(), statuses=ACTIVE_STATUSES)
    assert await inbox.count_matching(db.the_connection, wanted) == InboxTotals(2, 3)
    rows = await inbox.load_page(db.the_connection, wanted, None, 9)
    assert {row.reference: row.joined for row in rows} == {main: 1, third: 0}


async def test_the_workload_tells_open_waiting_and_overdue_of_each_and_of_nobody(make_case, db):
    joan = await account_id(db, JOAN)
    for moves, due in (((), -1), (("acknowledged", "asked"), -1), (("acknowledged",), 5)):
        await make_case(*moves, due=due, handler=joan)
    await make_case(due=-3)
    await make_case("outcome", "closed")
    found = await inbox.load_workload(db.the_connection, clock.today())
    counts = {one.handler: (one.open, one.waiting, one.overdue) for one in found}
    assert counts == {None: (1, 0, 1), joan: (2, 1, 1)}


async def test_a_view_belongs_to_one_person_and_takes_a_new_search_under_its_name(db):
    connection, joan, cindy = (
        db.the_connection,
        await account_id(db, JOAN),
        await account_id(db, CINDY),
    )
    for name, query in (("b", "status=new"), ("A", "q=x"), ("b", "status=open")):
        await inbox.save_view(connection, joan, name, query)
    views = await inbox.load_saved_views(connection, joan)
    assert [(view.name, view.query) for view in views] == [("A", "q=x"), ("b", "status=open")]
    await inbox.delete_view(connection, cindy, "b")
    assert len(await inbox.load_saved_views(connection, joan)) == 2
    await inbox.delete_view(connection, joan, "b")
    assert len(await inbox.load_saved_views(connection, joan)) == 1
    assert await inbox.load_saved_views(connection, await account_id(db, AMINA)) == []


async def test_whether_a_person_read_the_words_is_known_for_as_long_as_asked(db):
    connection, joan = db.the_connection, await account_id(db, JOAN)
    hour = clock.now() - datetime.timedelta(hours=1)
    await people.append_audit(
        connection, "words read", "ABCD-2345", by=joan, detail={"reason": "why"}
    )
    assert await codes.find_reading_reason(connection, "ABCD-2345", joan, hour) == "why"
    assert await codes.find_reading_reason(connection, "ABCD-2345", joan, clock.now() + DAY) is None
    assert await codes.find_reading_reason(connection, "ABCD-2346", joan, hour) is None
    assert (
        await codes.find_reading_reason(connection, "ABCD-2345", await account_id(db, CINDY), hour)
        is None
    )
