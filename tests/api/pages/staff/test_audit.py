"""The audit page: one sentence an entry, filters, search, and a CSV that is audited itself."""

import ast
import csv
import datetime
import io
from fnmatch import fnmatch
from typing import get_args

import pytest
from lxml import html

from api.pages.organiser.webhooks import ACTS as WEBHOOK_ACTS
from api.pages.staff.admin import accounts as page
from api.pages.staff.admin.audit_words import (
    ACT_GROUPS,
    ACT_SENTENCES,
    audit_sentence,
    detail_lines,
)
from api.settings import ROOT
from survey.cases import TRANSITIONS, CaseTransition
from survey.editions.actions import ActionStatus, EditionMark
from survey.store.accounts import people
from survey.store.accounts.people import AuditSearch
from tests.people import CINDY, JOAN

LINES = (
    (CINDY, "edition published", "weekly 2026-11-16 1", {}),
    (CINDY, "words read", "AXJX-A5RE", {"reason": "A relative of the person asked"}),
    (JOAN, "role changed", "amina@example.org", {"from": "organiser", "to": "reviewer"}),
    (None, "deployments imported", "=cmd|'/c calc'!A1.csv", {}),
)


@pytest.fixture
async def ids(db):
    rows = await people.load_all(db.the_connection)
    return {row.email: row.id for row in rows}


@pytest.fixture
async def joan(signed_in):
    return await signed_in(JOAN)


@pytest.fixture(autouse=True)
async def lines(db, ids, joan):
    """Four audit entries, one day apart."""
    for number, (who, act, subject, detail) in enumerate(LINES):
        await db.the_connection.execute(
            "INSERT INTO audit (at, account, act, subject, detail) VALUES ($1, $2, $3, $4, $5)",
            datetime.datetime(2026, 11, 20 + number, 0, 30, tzinfo=datetime.UTC),
            ids[who[0]] if who else None,
            act,
            subject,
            detail,
        )


async def shown_lines(joan, **asked):
    """The numbers of those of the four entries that the page shows."""
    answer = await joan.get(page.AUDIT, params=asked)
    assert answer.status_code == 200
    return [number for number, words in enumerate(WORDS) if words in page_text(answer)]


def page_text(answer):
    return html.fromstring(answer.text).text_content()


WORDS = (
    "Weekly edition of 16 Nov 2026, edition 1, published",
    "Text read as it was written: AXJX-A5RE",
    "Role of amina@example.org changed",
    "Deployments imported from =cmd|",
)


async def test_every_line_is_a_sentence_with_its_details(joan):
    assert await shown_lines(joan) == [0, 1, 2, 3]
    text = (await joan.get(page.AUDIT)).text
    assert "Reason: A relative of the person asked" in text
    assert "From: organiser" in text
    assert "Command line" in text
    assert "20 Nov 2026, 00:30" in text


async def test_lines_are_narrowed_down_by_who_what_and_when(joan, ids):
    assert await shown_lines(joan, who=ids[CINDY[0]]) == [0, 1]
    assert await shown_lines(joan, who="command") == [3]
    assert await shown_lines(joan, what="cases") == [1]
    assert await shown_lines(joan, what="editions", who=ids[CINDY[0]]) == [0]
    first = {"from-day": "21", "from-month": "11", "from-year": "2026"}
    last = {"to-day": "22", "to-month": "11", "to-year": "2026"}
    assert await shown_lines(joan, **first) == [1, 2, 3]
    assert await shown_lines(joan, **last) == [0, 1, 2]
    assert await shown_lines(joan, **first, **last) == [1, 2]
    assert await shown_lines(joan, **first, **last, what="accounts") == [2]


async def test_lines_are_searched_in_subject_details_and_name(joan):
    assert await shown_lines(joan, q="axjx-a5re") == [1]
    assert await shown_lines(joan, q="a relative") == [1]
    assert await shown_lines(joan, q=CINDY[1]) == [0, 1]
    assert await shown_lines(joan, q="100%_") == []
    assert "No entry matches" in (await joan.get(page.AUDIT, params={"q": "100%_"})).text


@pytest.mark.parametrize(
    "asked",
    [
        {"from-day": "31", "from-month": "2", "from-year": "2026"},
        {"from-day": "x"},
        {"from-day": "2", "from-month": "1", "from-year": "2026",
         "to-day": "1", "to-month": "1", "to-year": "2026"},
    ],
)  # fmt: skip
async def test_an_impossible_date_is_refused_and_what_was_typed_stays(joan, asked):
    answer = await joan.get(page.AUDIT, params=asked)
    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    assert all(f'value="{value}"' in answer.text for value in asked.values())


@pytest.mark.parametrize("year", ["1", "9999"])
async def test_the_first_and_the_last_day_of_the_calendar_are_days(joan, year):
    for day, month in (("1", "1"), ("30", "12"), ("31", "12")):
        for name in ("from", "to"):
            asked = {f"{name}-day": day, f"{name}-month": month, f"{name}-year": year}
            assert (await joan.get(page.AUDIT, params=asked)).status_code == 200


async def test_the_export_holds_what_is_shown_guards_its_cells_and_is_noted(joan, db):
    answer = await joan.get(f"{page.AUDIT}.csv", params={"what": "imports"})
    assert answer.status_code == 200
    head, row = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert tuple(head) == page.CSV_HEAD
    assert row == [
        "2026-11-23T00:30:00+00:00",
        "Command line",
        "Deployments imported from =cmd|'/c calc'!A1.csv",
        "",
        "deployments imported",
        "'=cmd|'/c calc'!A1.csv",
    ]
    [noted] = await people.load_audit(db.the_connection, 2**62, 1)
    assert (noted.act, noted.name) == ("audit exported", JOAN[1])
    assert noted.detail == {"lines": 1, "chosen": "what=imports"}


async def test_the_pages_follow_each_other_with_the_filter(joan, monkeypatch, ids):
    monkeypatch.setattr(page, "ON_A_PAGE", 1)
    first = (await joan.get(page.AUDIT, params={"who": ids[CINDY[0]]})).text
    assert WORDS[1] in html.fromstring(first).text_content()
    assert WORDS[0] not in first
    [link] = [part.split('"')[0] for part in first.split('href="')[1:] if "after=" in part[:200]]
    second = (await joan.get(link.replace("&amp;", "&"))).text
    assert WORDS[0] in second


async def test_an_empty_search_is_everything(db):
    assert len(await people.load_audit(db.the_connection, 2**62, 4, AuditSearch())) == 4


def acts_in_code():
    """Yield the act that each call in the code writes to the audit, as a syntax node."""
    for file in (ROOT / "api").rglob("*.py"):
        for call in ast.walk(ast.parse(file.read_text())):
            if isinstance(call, ast.Call):
                name = ast.unparse(call.func)
                place = 0 if name == "page.write" else 1 if name.split(".")[-1] == "note" else None
                if place is not None and len(call.args) > place:
                    yield call.args[place]


# Acts that the code joins from two words: the first word, and those that may follow it.
FAMILIES = {
    "case": [
        move
        for move in get_args(CaseTransition)
        if move in TRANSITIONS and "reviewer" in TRANSITIONS[move].by
    ],
    "edition": get_args(EditionMark),
    "action": get_args(ActionStatus),
    "survey": ("closed", "reopened"),
    "account": ("closed", "reopened"),
    "webhook": tuple(WEBHOOK_ACTS.values()),
}
FOLLOWED = {"imported": ("deployments", "perception"), "erased": ("response", "complaint")}


def test_every_act_that_is_noted_has_its_sentence_and_its_group():
    acts = {node.value for node in acts_in_code() if isinstance(node, ast.Constant)}
    acts |= {f"{first} {last}" for first, lasts in FAMILIES.items() for last in lasts}
    acts |= {f"{first} {last}" for last, firsts in FOLLOWED.items() for first in firsts}
    acts -= {"case joined"}
    assert acts - set(ACT_SENTENCES) == set()
    made = {ast.unparse(node) for node in acts_in_code() if isinstance(node, ast.JoinedStr)}
    known = [*(f"'{first} {{" for first in FAMILIES), *(f"}} {last}'" for last in FOLLOWED)]
    assert [one for one in made if not any(part in one for part in known)] == []


def test_every_act_is_in_a_group():
    patterns = [one.replace("%", "*") for _, many in ACT_GROUPS.values() for one in many]
    assert [act for act in ACT_SENTENCES if not any(fnmatch(act, one) for one in patterns)] == []
    assert [one for one in patterns if not any(fnmatch(act, one) for act in ACT_SENTENCES)] == []


def test_a_sentence_names_people_and_editions():
    names = {"7": "Cindy Marsh"}
    assert audit_sentence("edition withdrawn", "monthly 2026-10-01 2", {}) == (
        "Monthly edition of October 2026, edition 2, withdrawn"
    )
    assert audit_sentence("account added", "7", names) == "Account of Cindy Marsh added"
    assert audit_sentence("something of before", "x", {}) == "Something of before: x"
    details = detail_lines({"to": "7", "same_person": True, "number": 1200, "x_y": "z"}, names)
    assert details == ["To: Cindy Marsh", "Same person: yes", "Number: 1,200", "X y: z"]
