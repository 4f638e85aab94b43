"""Scrutiny panels on their pages: set up, a meeting from seed to close, and who sees what."""

import hashlib
import json
import re

import pytest
from lxml import html

from api import clock
from api.editions.files import meeting_report
from api.operations import scrutiny
from api.operations.scrutiny import blank_report
from demo.scrutiny import FIRST_NAMES, SURNAMES
from survey.scrutiny.rules import MET_FORCE, READY_RULES, DrawRule, ShownFields
from survey.store.accounts import people
from survey.store.scrutiny import meetings, panels
from tests.api.pages.forms import send
from tests.people import AMINA, CINDY, JOAN, NADIA, OMAR
from tests.stored.scrutiny_meetings import FILE, MEMBERS, begin_marking, draw_meeting, save_panel

ROOT = "/work/scrutiny"
RED = "Only Nadia would write such words"
NEW = {
    "name": "Camden panel",
    "kind": "force",
    "reasons": "Grounds\nNecessity",
    "scheme": "colours",
    "areas": "E09000007",
}

GREEN = {"colour": "green", "video": "video"}


def words_of(answer):
    return " ".join(html.fromstring(answer.text).text_content().split())


@pytest.fixture
async def cindy(signed_in):
    return await signed_in(CINDY)


@pytest.fixture
async def nadia(signed_in):
    return await signed_in(NADIA)


@pytest.fixture
async def panel(db):
    return await save_panel(db.the_connection)


async def first_record(db, meeting):
    return (await meetings.load_records(db.the_connection, meeting))[0]


async def acts(db):
    lines = await people.load_audit(db.the_connection, 2**31, 50)
    return [(one.act, one.name, one.subject) for one in lines]


async def test_a_panel_is_set_up_with_the_rule_for_its_records(cindy, db):
    answer = await send(cindy, f"{ROOT}/new", NEW)
    page = words_of(await cindy.get(answer.headers["location"]))
    assert "Fired at a child: every one is included" in page
    assert "Camden" in page
    assert "Grounds, Necessity" in page
    [stored] = await panels.load_panels(db.the_connection)
    assert stored.rule == MET_FORCE == READY_RULES["force"]


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("name", "", "Enter a name"),
        ("kind", "", "Select what the panel looks at"),
        ("reasons", "", "Enter 1 to 20 reasons"),
        ("areas", "nowhere", "Select boroughs from the list"),
    ],
)
async def test_a_panel_with_a_mistake_is_refused_and_keeps_what_was_typed(
    cindy, field, typed, said
):
    answer = await send(cindy, f"{ROOT}/new", NEW | {"about": "Kept"} | {field: typed})
    assert answer.status_code == 422
    assert said in words_of(answer)
    assert "Kept" in answer.text


async def test_a_panel_that_has_not_met_is_listed(cindy, panel):
    """The list of panels was an error page until each panel had a meeting."""
    listed = await cindy.get(ROOT)
    assert listed.status_code == 200
    assert "Hackney panel None yet" in words_of(listed)


async def test_two_panels_of_one_name_are_refused(cindy, panel):
    answer = await send(cindy, f"{ROOT}/new", NEW | {"name": "Hackney panel"})
    assert (answer.status_code, "already a panel" in answer.text) == (409, True)


async def test_a_part_is_added_to_a_rule_and_removed(cindy, db, panel):
    part = {"kind": "always", "name": "Injured", "first-columns": "SubjectInjured",
            "first-values": "Yes"}  # fmt: skip
    await send(cindy, f"{ROOT}/panels/{panel}/rule/parts", part)
    rule = (await panels.get_panel(db.the_connection, panel)).rule
    assert rule.always[-1].name == "Injured"
    again = await send(cindy, f"{ROOT}/panels/{panel}/rule/parts", part)
    assert (again.status_code, "has a part of this name" in again.text) == (422, True)
    await send(cindy, f"{ROOT}/panels/{panel}/rule/remove", part)
    rule = (await panels.get_panel(db.the_connection, panel)).rule
    assert [one.name for one in rule.always] == ["Fired at a child"]


async def test_a_stratum_for_all_others_stays_the_last(cindy, db, panel):
    part = {"kind": "strata", "name": "Aged 18", "take": "3", "first-columns": "Age",
            "first-values": "from 18 to 18"}  # fmt: skip
    await send(cindy, f"{ROOT}/panels/{panel}/rule/parts", part)
    rule = (await panels.get_panel(db.the_connection, panel)).rule
    assert [one.name for one in rule.strata][-2:] == ["Aged 18", "All others"]
    assert (rule.strata[-2].conditions[0].least, rule.strata[-2].conditions[0].most) == (18, 18)
    more = part | {"name": "Everything", "first-columns": "", "first-values": ""}
    answer = await send(cindy, f"{ROOT}/panels/{panel}/rule/parts", more)
    assert "There is a stratum for all other records already" in words_of(answer)


async def test_a_column_of_names_is_shown_as_masked_text_or_not_at_all(cindy, panel):
    columns = {"plain": "Borough\nOfficer name", "texts": "Narrative"}
    answer = await send(cindy, f"{ROOT}/panels/{panel}/rule/columns", columns)
    assert "Officer name may point to a person" in words_of(answer)


async def test_whether_anybody_can_get_the_file_is_asked_and_part_of_the_rule(cindy, db, panel):
    address = f"{ROOT}/panels/{panel}/rule"
    [chosen] = html.fromstring((await cindy.get(address)).text).xpath(
        "//input[@name='file_is_public'][@checked]/@value"
    )
    assert chosen == "no"
    columns = {"plain": "Borough", "reference": "", "day": ""}
    answer = await send(cindy, f"{address}/columns", columns)
    assert "Select whether anybody can get the file" in words_of(answer)
    assert "repeat the draw" not in words_of(await cindy.get(f"{ROOT}/panels/{panel}"))
    await send(cindy, f"{address}/columns", columns | {"file_is_public": "yes"})
    assert (await panels.get_panel(db.the_connection, panel)).rule.file_is_public
    assert "repeat the draw" in words_of(await cindy.get(f"{ROOT}/panels/{panel}"))


async def test_a_member_is_added_with_a_term_and_days(cindy, db):
    panel = await save_panel(db.the_connection, who=(CINDY,))
    page = await cindy.get(f"{ROOT}/panels/{panel}/members")
    account = re.search(r'value="([0-9a-f-]{36})"[^>]*>Nadia', page.text)[1]
    typed = {"account": account, "from-day": "1", "from-month": "9", "from-year": "2026",
             "to-day": "1", "to-month": "8", "to-year": "2026"}  # fmt: skip
    address = f"{ROOT}/panels/{panel}/members"
    assert "before the first" in words_of(await send(cindy, address, typed))
    await send(cindy, address, typed | {"to-year": "2028"})
    assert "1 September 2026 to 1 August 2028" in words_of(
        await cindy.get(f"{ROOT}/panels/{panel}")
    )


async def test_the_seed_is_public_before_the_file_is_opened(cindy, client, db, panel):
    ident = await meetings.insert_meeting(db.the_connection, panel, clock.today())
    public = f"/scrutiny/{ident}"
    assert (await client.get(public)).status_code == 404
    await send(cindy, f"{ROOT}/meetings/{ident}/seed", {"later": "yes"})
    seed = (await meetings.get_meeting(db.the_connection, ident)).seed
    page = words_of(await client.get(public))
    assert seed in page
    assert "File openedNot yet" in page
    assert "Under 18: 10 records drawn by chance" in page
    again = await send(cindy, f"{ROOT}/meetings/{ident}/seed", {"later": "yes"})
    assert again.status_code == 409 or "moved on" in words_of(again)
    assert (await meetings.get_meeting(db.the_connection, ident)).seed == seed

    files = {"file": ("force.csv", FILE)}
    drawn = await send(cindy, f"{ROOT}/meetings/{ident}/file", files=files)
    assert drawn.status_code == 303, words_of(drawn)
    found = json.loads((await client.get(f"{public}/draw.json")).text)
    assert found["file_sha256"] in words_of(await client.get(public))
    assert "drawn" not in found
    assert [act for act, _, _ in await acts(db)][:2] == [
        *("scrutiny records drawn", "scrutiny seed fixed")
    ]


@pytest.mark.parametrize("sealed", [True, False])
async def test_page_and_report_say_whether_the_force_could_choose_the_records(
    cindy, client, db, panel, sealed
):
    ident = await meetings.insert_meeting(db.the_connection, panel, clock.today())
    address, public = f"{ROOT}/meetings/{ident}", f"/scrutiny/{ident}"
    refused = await send(cindy, f"{address}/seed", {"sealed": ""})
    assert "say that there is no file yet" in words_of(refused)
    assert (await meetings.get_meeting(db.the_connection, ident)).seed is None
    typed = {"sealed": hashlib.sha256(FILE).hexdigest()} if sealed else {"later": "yes"}
    await send(cindy, f"{address}/seed", typed)
    page, every = words_of(await client.get(public)), words_of(await client.get("/scrutiny"))
    assert ("nobody could pick the records" in page) == sealed
    assert ("can choose the references of the records" in page) == (not sealed)
    assert ("the police could choose the records" in every) == (not sealed)
    drawn = await send(cindy, f"{address}/file", files={"file": ("force.csv", FILE)})
    assert drawn.status_code == 303, words_of(drawn)
    page, every = words_of(await client.get(public)), words_of(await client.get("/scrutiny"))
    assert ("could have chosen the references" in page) == (not sealed)
    assert ("the police could have chosen the records" in every) == (not sealed)
    meeting = await meetings.get_meeting(db.the_connection, ident)
    report = blank_report(
        meeting, meeting.draw, as_of=clock.today(), triggers_from=None, synthetic=False
    )
    words = " ".join(meeting_report.draw_words(report))
    assert ("nobody could pick the records" in words) == sealed
    assert ("it could have chosen the references" in words) == (not sealed)


async def test_a_file_that_was_sealed_must_be_the_one_that_is_opened(cindy, db, panel):
    ident = await meetings.insert_meeting(db.the_connection, panel, clock.today())
    address = f"{ROOT}/meetings/{ident}"
    wrong = await send(cindy, f"{address}/seed", {"sealed": "12"})
    assert "Enter the 64 digits" in words_of(wrong)
    await send(cindy, f"{address}/seed", {"sealed": "0" * 64})
    answer = await send(cindy, f"{address}/file", files={"file": ("force.csv", FILE)})
    assert "This is not the file whose digest was noted" in words_of(answer)


async def test_a_file_without_the_columns_of_the_rule_is_refused_with_their_names(cindy, db, panel):
    ident = await meetings.insert_meeting(db.the_connection, panel, clock.today())
    address = f"{ROOT}/meetings/{ident}"
    await send(cindy, f"{address}/seed", {"later": "yes"})
    for content, said in (
        (b"Reference,Borough\nA,Hackney\n", "the columns of the rule, also"),
        (b"", "Choose a file that is not empty"),
        (FILE + FILE.splitlines(keepends=True)[1], "the quotes are broken"),
    ):
        answer = await send(cindy, f"{address}/file", files={"file": ("force.csv", content)})
        assert said in words_of(answer)
    assert await meetings.load_records(db.the_connection, ident) == []


async def test_narratives_are_masked_before_anybody_sees_them(db, panel):
    ident = await draw_meeting(db.the_connection, panel)
    found = await meetings.load_records(db.the_connection, ident)
    assert len(found) > 30
    told = [field.text for one in found for field in one.fields if field.label == "Narrative"]
    names = re.compile(rf"\b({'|'.join((*FIRST_NAMES, *SURNAMES))})\b|\b\d{{4}}\b")
    assert [one for one in told if names.search(one)] == []
    assert all("[name]" in one and "[officer number]" in one for one in told)
    shown = {field.label for one in found for field in one.fields}
    assert "Reference" not in shown
    assert "Investigation" not in shown
    days = [field.text for one in found for field in one.fields if field.label == "Incident date"]
    assert all(re.fullmatch(r"[A-Z][a-z]+ 2026", one) for one in days)


async def test_the_chair_masks_more_words_before_members_see_a_record(cindy, nadia, db, panel):
    ident = await draw_meeting(db.the_connection, panel)
    address = f"{ROOT}/meetings/{ident}/records/1"
    assert (await nadia.get(f"{address}/mask")).status_code == 403
    assert (await nadia.get(address)).status_code == 404
    answer = await send(cindy, f"{address}/mask", {"words": "Zanzibar"})
    assert "Not in this record: Zanzibar" in words_of(answer)
    await send(cindy, f"{address}/mask", {"words": "They spoke"})
    page = words_of(await cindy.get(f"{address}/mask"))
    assert "[masked] with" in page
    assert "They spoke" not in page


async def test_a_meeting_from_alone_to_joint_marks(cindy, nadia, db, panel, signed_in):
    ident = await draw_meeting(db.the_connection, panel)
    address = f"{ROOT}/meetings/{ident}"
    page = html.fromstring((await cindy.get(address)).text)
    present = page.xpath("//input[@name='present']/@value")
    assert len(present) == len(MEMBERS)
    assert "Select who takes part" in words_of(await send(cindy, f"{address}/marking"))
    await send(cindy, f"{address}/marking", {"present": present})
    listed = words_of(await nadia.get(address))
    shown, *_ = await meetings.load_records(db.the_connection, ident)
    assert "Mark record 1, the first of" in listed
    for field in shown.fields[:4]:  # a month alone tells no record from another
        assert f"{field.label}: {field.text[:60]}" in listed
    nothing = await send(nadia, f"{address}/records/1")
    assert "Select green, amber, red" in words_of(nothing)
    why = await send(nadia, f"{address}/records/1", {"colour": "red"})
    assert "Select a reason for amber or red" in words_of(why)
    red = {"colour": "red", "reasons": ["Necessity"], "words": RED, "video": "yes"}
    saved = await send(nadia, f"{address}/records/1", red)
    assert saved.headers["location"] == f"{address}/records/2?done=next"
    early = await send(cindy, f"{address}/records/1/joint", GREEN)
    assert early.status_code == 409

    assert "Confirm that everybody" in words_of(await send(cindy, f"{address}/alone"))
    await send(cindy, f"{address}/alone", {"sure": "yes"})
    assert RED in words_of(await cindy.get(f"{address}/records/1"))
    late = await send(nadia, f"{address}/records/1", red)
    assert "Marking alone is over" in words_of(late)
    assert (await send(nadia, f"{address}/records/1/joint", red)).status_code == 403
    joint = {"colour": "amber", "reasons": ["Communication"], "view-1-colour": "red",
             "view-1-words": "Some of us say red", "video": "not_kept"}  # fmt: skip
    await send(cindy, f"{address}/records/1/joint", joint)
    page = words_of(await nadia.get(f"{address}/records/1"))
    assert "Another view: Red Some of us say red" in page
    assert "Give every record a joint mark first" in words_of(await send(cindy, f"{address}/close"))
    for one in await meetings.load_records(db.the_connection, ident):
        await send(cindy, f"{address}/records/{one.number}/joint", GREEN)
    await send(cindy, f"{address}/close")
    assert (await meetings.get_meeting(db.the_connection, ident)).stage == "closed"
    assert "Report of the meeting" in words_of(await nadia.get(address))


async def test_each_record_leads_to_the_next_without_a_mark(cindy, nadia, db, panel):
    ident = await begin_marking(db.the_connection, panel)
    address = f"{ROOT}/meetings/{ident}"
    last = len(await meetings.load_records(db.the_connection, ident))
    await send(nadia, f"{address}/records/2", {"colour": "green"})
    for number, following in ((1, 3), (2, 3), (last, 1)):
        page = words_of(await nadia.get(f"{address}/records/{number}"))
        assert f"Next unmarked record: {following} ({last - 1} without a mark)" in page
    beside = html.fromstring((await nadia.get(f"{address}/records/1")).text)
    assert beside.xpath("//*[@class='beside__acts']//input[@name='colour']")  # next to the record
    await send(cindy, f"{address}/alone", {"sure": "yes"})
    assert "Next unmarked record: 2" in words_of(await cindy.get(f"{address}/records/1"))
    # Only the chair writes down the joint mark.
    assert "Next unmarked" not in words_of(await nadia.get(f"{address}/records/1"))


async def test_nobodys_mark_reaches_a_page_of_another_before_all_see_them(
    cindy, nadia, db, panel, signed_in, client, app
):
    """Every address of a meeting, by everybody else, while all mark alone."""
    ident = await begin_marking(db.the_connection, panel)
    address = f"{ROOT}/meetings/{ident}"
    red = {"colour": "red", "reasons": ["Necessity"], "words": RED}
    await send(nadia, f"{address}/records/1", red)
    paths = {
        route.path.replace("{meeting:uuid}", ident).replace("{panel:uuid}", panel)
        .replace("{number:int}", "1")
        for route in app.routes
        if "GET" in getattr(route, "methods", ()) and "scrutiny" in route.path
    } | {"/work", "/work/audit", "/work/audit.csv", "/api/v1/reports"}  # fmt: skip
    assert len(paths) > 12
    others = [cindy, await signed_in(JOAN), await signed_in(OMAR), client]
    for path in sorted(paths):
        for other in others:
            text = (await other.get(path)).text
            assert RED not in text, path
            # The colour of a tag; "Red" as a choice of one's own form is on the page of a record.
            assert "govuk-tag--red" not in text or path == f"{ROOT}/panels/{panel}", path
    assert RED in (await nadia.get(f"{address}/records/1")).text


async def test_the_first_box_of_a_member_has_the_records_left_to_mark(nadia, db, panel):
    meeting = await begin_marking(db.the_connection, panel)
    page = html.fromstring((await nadia.get("/work")).text)
    (heading, *_) = page.xpath("//section[contains(@class, 'board__box')]")
    said = " ".join(heading.text_content().split())
    left = len(await meetings.load_records(db.the_connection, meeting))
    assert said.startswith(f"Records to mark {left}")
    assert f"{left} of {left} records to mark" in said
    all_records = f"/work/scrutiny/meetings/{meeting}"
    assert heading.xpath(".//a/@href") == [f"{all_records}/records/1", all_records]
    await send(nadia, f"{all_records}/records/1/aside", {"knows": "yes"})
    page = html.fromstring((await nadia.get("/work")).text)
    assert f"{all_records}/records/2" in page.xpath("//main//a/@href")


async def test_a_member_who_knows_somebody_steps_aside(nadia, db, panel):
    ident = await begin_marking(db.the_connection, panel)
    address = f"{ROOT}/meetings/{ident}"
    unsure = await send(nadia, f"{address}/records/1/aside")
    assert "Confirm that you know somebody" in words_of(unsure)
    await send(nadia, f"{address}/records/1/aside", {"knows": "yes"})
    page = await nadia.get(f"{address}/records/1")
    assert page.headers["location"] == f"{address}?done=aside"
    listed = await nadia.get(page.headers["location"])
    assert "Record 1 Stepped aside" in words_of(listed)
    assert f'{address}/records/1"' not in listed.text
    assert (await send(nadia, f"{address}/records/1", {"colour": "green"})).status_code == 403
    assert (
        "scrutiny member stepped aside",
        "Nadia Rahman",
        "Hackney panel, meeting 1, record 1",
    ) in (await acts(db))


async def test_records_are_for_those_who_take_part(db, panel, signed_in, nadia):
    """Neither a reviewer nor an administrator, nor a scrutineer of another panel, sees a record."""
    ident = await begin_marking(db.the_connection, panel, who=(CINDY, NADIA))
    address = f"{ROOT}/meetings/{ident}"
    joan = await signed_in(JOAN)  # a member who does not take part, and an administrator
    assert (await joan.get(f"{address}/records/1")).status_code == 404
    assert "You do not take part" in words_of(await joan.get(address))
    other = await save_panel(db.the_connection, who=(JOAN,), name="Another")
    assert (await nadia.get(f"{ROOT}/panels/{other}")).status_code == 404
    elsewhere = await draw_meeting(db.the_connection, other)
    assert (await nadia.get(f"{ROOT}/meetings/{elsewhere}")).status_code == 404
    assert (await (await signed_in(AMINA)).get(address)).status_code == 403
    assert (await nadia.get(f"{address}/records/1")).status_code == 200


async def test_reading_and_marking_are_in_the_audit_but_not_how(nadia, db, panel):
    ident = await begin_marking(db.the_connection, panel)
    await nadia.get(f"{ROOT}/meetings/{ident}/records/2")
    await send(nadia, f"{ROOT}/meetings/{ident}/records/2", {"colour": "green"})
    subject = "Hackney panel, meeting 1, record 2"
    found = await acts(db)
    assert ("scrutiny record read", "Nadia Rahman", subject) in found
    assert ("scrutiny record marked", "Nadia Rahman", subject) in found
    lines = await people.load_audit(db.the_connection, 2**31, 50)
    assert all("green" not in str(one.detail) for one in lines)


async def test_a_cancelled_meeting_stays_public_and_its_records_go(cindy, client, db, panel):
    ident = await begin_marking(db.the_connection, panel)
    address = f"{ROOT}/meetings/{ident}"
    assert "Enter why" in words_of(await send(cindy, f"{address}/cancel"))
    await send(cindy, f"{address}/cancel", {"because": "The file was of another month"})
    assert await meetings.load_records(db.the_connection, ident) == []
    page = words_of(await client.get(f"/scrutiny/{ident}"))
    assert "This meeting was cancelled: The file was of another month" in page
    assert "cancelled" in words_of(await client.get("/scrutiny"))


def test_the_mets_own_file_is_drawn_from(shared):
    """Real rows, a few of their columns: without a reference a digest of the row stands for it."""
    [file] = (shared / "data" / "deployments").glob("mps_uof_sample_rows_fy24-25*")
    plain = ("Borough", "SubjectAge")
    rule = DrawRule(
        kind="force",
        strata=(MET_FORCE.strata[4], MET_FORCE.strata[5]),
        shows=ShownFields(plain=plain, months=("IncidentDate",)),
    )
    draw, shown = scrutiny.draw_from_file("met.csv", file.read_bytes(), rule, "seed")
    assert [(one.name, one.size) for one in draw.summary.strata] == [
        *(("Black people", 3), ("All others", 2))
    ]
    assert {field.text for _, _, fields in shown for field in fields} >= {"April 2024", "Croydon"}
    assert all(re.fullmatch(r"[0-9a-f]{16}", reference) for reference, _, _ in shown)
