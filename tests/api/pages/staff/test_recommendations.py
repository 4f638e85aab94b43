"""The ledger of recommendations: staff enter it, everybody reads it, nothing is overwritten."""

import csv
import datetime
import io
import itertools

import asyncpg
import pytest

from api import clock
from survey.editions.recommendations import MEASURES, Decision, ready_recommendations
from survey.store.accounts import people
from survey.store.editions import recommendations as store
from tests.api.pages.forms import send
from tests.people import AMINA, CINDY, JOAN

ROOT = "/work/recommendations"
STATUSES = ("open", "accepted", "partly", "rejected", "done", "unseen", "withdrawn")
NEW = {
    "title": "Report each use within a day",
    "source": "Made-up inspectorate, first report",
    "addressee": "The force",
    "made-day": "26",
    "made-month": "2",
    "made-year": "2021",
    "since-day": "26",
    "since-month": "2",
    "since-year": "2021",
}
READ = {
    "words": "Each use should be reported within a day.",
    "read-day": "3",
    "read-month": "4",
    "read-year": "2022",
}
ANSWER = {
    "said-day": "1",
    "said-month": "5",
    "said-year": "2021",
    "said-by": "The force",
    "answer": "We accept this.",
}


@pytest.fixture
async def cindy(signed_in):
    return await signed_in(CINDY)


@pytest.fixture
async def joan(signed_in):
    return await signed_in(JOAN)


@pytest.fixture
async def number(cindy):
    """A row that Cindy has entered, with its number."""
    added = await send(cindy, f"{ROOT}/new", NEW)
    assert added.status_code == 303, added.text
    return int(added.headers["location"].split("?")[0].rsplit("/", 1)[1])


def decided(status, reason="They said so", who="Working group", version=1, **more):
    decision = {"status": status, "reason": reason, "decided-by": who, "version": str(version)}
    return NEW | decision | more


async def read_csv(client):
    text = (await client.get("/recommendations.csv")).text
    return [*csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))]


async def test_an_entered_row_is_public_with_its_words_only_if_somebody_read_them(
    cindy, client, number
):
    page = (await client.get("/recommendations")).text
    assert "Report each use within a day" in page
    assert "Wording not checked" in page
    assert 'href="/recommendations"' in (await client.get("/reports")).text
    assert 'href="/recommendations.csv"' in (await client.get("/about/sources")).text
    changed = await send(cindy, f"{ROOT}/{number}/change", decided("open", "", "") | READ)
    assert changed.status_code == 303
    page = (await client.get("/recommendations")).text
    assert "Each use should be reported within a day." in page
    assert "Wording not checked" not in page
    (line,) = await read_csv(client)
    assert (line["words_read_on"], line["status"]) == ("2022-04-03", "open")


@pytest.mark.parametrize("status", STATUSES)
async def test_a_status_needs_a_reason_and_a_role_unless_it_is_open(cindy, client, number, status):
    for reason, who in itertools.product(("", "It was seen"), ("", "Chair")):
        answer = await send(cindy, f"{ROOT}/{number}/change", decided(status, reason, who))
        allowed = status == "open" or (reason and who)
        assert answer.status_code == (303 if allowed else 422), (status, reason, who)
        if not allowed:
            assert 'value="Chair"' in answer.text or not who  # what was typed is still there
        else:
            break
    row = await read_csv(client)
    assert [line["status"] for line in row] == ([] if status == "withdrawn" else [status])
    assert (status in (await cindy.get(f"{ROOT}/{number}/change")).text) is True


async def test_the_history_keeps_every_status_with_its_reason_and_role(cindy, joan, number, db):
    for version, status in enumerate(("accepted", "done"), 1):
        page = decided(status, f"Reason {version}", "Chair", version)
        assert (await send(joan, f"{ROOT}/{number}/change", page)).status_code == 303
    # A change of the title alone keeps the status and its day.
    again = decided("done", "Reason 2", "Chair", 3) | {"title": "Another title"}
    assert (await send(cindy, f"{ROOT}/{number}/change", again)).status_code == 303
    history = await store.load_history(db.the_connection, number)
    assert [(change.status, change.reason, change.kept) for change in history] == [
        ("done", "Reason 2", True),
        ("done", "Reason 2", False),
        ("accepted", "Reason 1", False),
        ("open", "", False),
    ]
    page = (await cindy.get(f"{ROOT}/{number}")).text
    assert page.count(JOAN[1]) == 2
    with pytest.raises(asyncpg.PostgresError):
        async with db.the_connection.transaction():
            await db.the_connection.execute("UPDATE recommendation_changes SET reason = 'x'")


async def test_of_two_tabs_the_second_is_refused_and_keeps_what_was_typed(cindy, joan, number):
    first = await send(cindy, f"{ROOT}/{number}/change", decided("accepted"))
    second = await send(joan, f"{ROOT}/{number}/change", decided("rejected", "They told me no"))
    assert (first.status_code, second.status_code) == (303, 409)
    assert "recommendation.changed" in second.text
    assert "They told me no" in second.text
    late = await send(joan, f"{ROOT}/{number}/change", decided("rejected", version=7))
    assert late.status_code == 409  # a version that nobody has seen


async def test_answers_are_added_and_never_overwritten(cindy, client, number, db):
    for day, words in (("1", "We accept this."), ("9", "It is done.")):
        said = ANSWER | {"said-day": day, "answer": words}
        assert (await send(cindy, f"{ROOT}/{number}/answers", said)).status_code == 303
    # The button pressed twice adds nothing.
    await send(cindy, f"{ROOT}/{number}/answers", ANSWER)
    lines = await read_csv(client)
    assert [line["answer"] for line in lines] == ["It is done.", "We accept this."]
    page = (await client.get("/recommendations")).text
    assert page.index("It is done.") < page.index("We accept this.")
    with pytest.raises(asyncpg.PostgresError):
        async with db.the_connection.transaction():
            await db.the_connection.execute("DELETE FROM recommendation_answers")


async def test_the_ledger_of_a_past_moment_has_nothing_from_later(cindy, number, db):
    connection = db.the_connection
    (before,) = await store.load_rows(connection, datetime.datetime.now(datetime.UTC))
    assert (before.decision.status, before.answers) == ("open", ())
    assert await store.load_rows(connection, clock.midnight(datetime.date(2020, 1, 1))) == []


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 121}, "title"),
        ({"source": ""}, "source"),
        ({"addressee": ""}, "addressee"),
        ({"address": "javascript:alert(1)"}, "address"),
        ({"address": "https://a b"}, "address"),
        ({"made-day": "31", "made-month": "2"}, "made-day"),
        ({"made-year": "2999"}, "made-day"),
        ({"since-year": "2999"}, "since-day"),
        ({"due-day": "1"}, "due-day"),
        ({"words": "Only words"}, "read-day"),
        ({"read-day": "1", "read-month": "1", "read-year": "2022"}, "read-day"),
        ({"words": "Words", "read-day": "31", "read-month": "2", "read-year": "2022"}, "read-day"),
        ({"measures": "weather"}, "measures"),
    ],
)
async def test_bad_input_is_refused_at_its_field_and_stays(cindy, client, typed, field):
    answer = await send(cindy, f"{ROOT}/new", NEW | {"addressee": "Somebody"} | typed)
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    if "addressee" not in typed:
        assert "Somebody" in answer.text
    assert await read_csv(client) == []


async def test_ready_rows_are_added_once_and_only_if_asked_for(cindy, client, db):
    assert await read_csv(client) == []
    keys = [row.key for row in ready_recommendations()]
    assert (
        "You selected no recommendation"
        in (await cindy.get((await send(cindy, f"{ROOT}/ready", {})).headers["location"])).text
    )
    for chosen in (keys[:2], keys):
        assert (await send(cindy, f"{ROOT}/ready", {"ready": chosen})).status_code == 303
    lines = await read_csv(client)
    assert len(lines) == len(keys)
    assert {line["words"] for line in lines} == {""}
    assert "Published recommendations to add" not in (await cindy.get(ROOT)).text
    rows = await store.load_rows(db.the_connection)
    assert {row.decision for row in rows} == {Decision(status="open", reason="", decided_by="")}


def test_ready_rows_fit_the_form_and_name_their_source():
    rows = ready_recommendations()
    assert len({row.key for row in rows}) == len(rows)
    for row in rows:
        assert 0 < len(row.title) <= 120, row.key
        assert 0 < len(row.addressee) <= 200, row.key
        assert 0 < len(row.source) <= 200, row.key
        assert row.address.startswith(("http://", "https://"))
        assert row.as_recommendation().read_on is None  # no words come with it
    assert MEASURES == ("index", "deployments", "complaints")


async def test_what_does_not_exist_is_refused_on_every_page(cindy):
    for address in (f"{ROOT}/999", f"{ROOT}/999/change"):
        assert (await cindy.get(address)).status_code == 404
    for address, typed in (
        (f"{ROOT}/999/change", decided("done")),
        (f"{ROOT}/999/answers", ANSWER),
        (f"{ROOT}/999/answers", {}),
    ):
        refused = await send(cindy, address, typed)
        assert refused.status_code == 404
        assert "recommendation.unknown" in refused.text


async def test_organisers_may_read_the_public_page_but_not_enter_anything(signed_in, client):
    amina = await signed_in(AMINA)
    assert (await amina.get(ROOT)).status_code == 403
    assert (await send(amina, f"{ROOT}/new", NEW)).status_code == 403
    assert (await client.get("/recommendations")).status_code == 200


async def test_the_audit_names_each_change(cindy, number, db):
    await send(cindy, f"{ROOT}/{number}/answers", ANSWER)
    await send(cindy, f"{ROOT}/{number}/change", decided("accepted"))
    acts = [row.act for row in await people.load_audit(db.the_connection, 2**31, 50)]
    assert acts[:3] == [
        "recommendation changed",
        "recommendation answered",
        "recommendation added",
    ]
