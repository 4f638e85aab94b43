"""Somebody leaves: their open cases go to whom the administrator says, and to nobody unsaid."""

import pytest

from survey.store.accounts import people
from survey.store.cases import complaints, inbox
from tests.api.pages.forms import send
from tests.api.pages.resident.test_following import act_on_case, close_case, open_case
from tests.people import CINDY, JOAN
from tests.stored.complaint_forms import create_case

ZOE = "zoe"


@pytest.fixture
async def accounts(db):
    """Cindy, who leaves, and Zoe, who can take her cases."""
    zoe = await people.insert(db.the_connection, "zoe@example.org", "Zoe Bell", "reviewer", None)
    return {CINDY: (await people.by_email(db.the_connection, CINDY[0])).id, ZOE: zoe}


@pytest.fixture
async def cases(db, accounts):
    """Two open cases of Cindy's, and one that is closed."""
    receipts = [await create_case(db) for _ in range(3)]
    for receipt in receipts:
        await act_on_case(db, receipt, "assigned", accounts[CINDY], to=accounts[CINDY])
    await close_case(db, receipts[2], accounts[CINDY])
    return receipts


@pytest.fixture
async def close(signed_in, accounts):
    """Sends the form of Cindy's account."""
    administrator = await signed_in(JOAN)

    async def press(**form):
        page = f"/work/people/{accounts[CINDY]}"
        return await send(administrator, f"{page}/standing", form, page=page)

    return press


async def handlers_of(db, cases):
    return [(await complaints.get(db.the_connection, one.reference)).handler for one in cases]


async def is_active(db):
    return (await people.by_email(db.the_connection, CINDY[0])).active


async def test_an_account_with_open_cases_closes_only_with_somebody_named(
    db, cases, accounts, close
):
    refused = await close(standing="closed", cases_to="")
    assert refused.status_code == 409
    assert "handles 2 open cases" in refused.text
    assert 'href="#cases_to"' in refused.text
    assert await is_active(db)
    done = await close(standing="closed", cases_to=accounts[ZOE])
    assert done.headers["location"].endswith("done=closed")
    assert not await is_active(db)
    assert await handlers_of(db, cases) == [accounts[ZOE], accounts[ZOE], accounts[CINDY]]
    mails = "SELECT count(*) FROM case_mails WHERE account = $1::uuid"
    assert await db.the_connection.fetchval(mails, accounts[ZOE]) == 2


async def test_cases_go_back_to_the_inbox_if_that_is_said(db, cases, accounts, close):
    await close(standing="closed", cases_to="nobody")
    assert await handlers_of(db, cases) == [None, None, accounts[CINDY]]


async def test_cases_are_handed_over_before_a_holiday(db, cases, accounts, close):
    await close(standing="moved", cases_to=accounts[ZOE])
    assert await is_active(db)
    assert await inbox.load_open_cases(db.the_connection, accounts[CINDY]) == []


@pytest.mark.parametrize("taker", ["", "me", "CINDY"])
async def test_whoever_leaves_cannot_take_the_cases(db, cases, accounts, close, taker):
    chosen = accounts[CINDY] if taker == "CINDY" else taker
    assert (await close(standing="closed", cases_to=chosen)).status_code == 409
    assert await is_active(db)


async def test_a_role_that_handles_no_cases_is_not_given_before(db, cases, accounts, signed_in):
    administrator = await signed_in(JOAN)
    page = f"/work/people/{accounts[CINDY]}"
    refused = await send(administrator, f"{page}/role", {"role": "organiser"}, page=page)
    assert refused.status_code == 409
    assert (await people.by_email(db.the_connection, CINDY[0])).role == "reviewer"


async def test_a_dispute_whose_handler_has_left_is_mailed_to_the_reviewers(
    client, db, cases, accounts
):
    await people.set_active(db.the_connection, CINDY[0], active=False)
    await open_case(client, cases[2])
    await send(client, "/case/dispute", {"appealed": "I saw it."}, page="/case")
    mailed = await db.the_connection.fetch(
        """
        SELECT m.account::text FROM case_mails m
          JOIN case_events e ON (e.complaint, e.version) = (m.complaint, m.version)
         WHERE e.event ->> 'kind' = 'appealed' AND m.account IS NOT NULL
        """
    )
    assert accounts[ZOE] in {one["account"] for one in mailed}
