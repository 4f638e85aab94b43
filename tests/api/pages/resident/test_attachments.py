"""Attachments by JSON and by page: uploaded first, named in a response later, then downloaded
by whoever runs the survey.
"""

import csv
import io
import re
import zipfile

import httpx
import msgspec
import pytest

from api.app import build
from api.settings import Settings
from survey.media import MOST_BYTES
from survey.store.accounts import people
from survey.store.surveys import instruments
from tests.api.pages.forms import asked_again, page_again
from tests.api.pages.resident.test_resident_pages import answer_pages, draft_row, send_answers
from tests.api.pages.survey_of_files import FILE_SURVEY
from tests.api.routes.test_intake import check_refusal, dump_tables
from tests.conftest import roll_back_at_end
from tests.files import uploads
from tests.people import AMINA, CINDY, JOAN
from tests.stored.answers import end_their_hour

UPLOADS = "/api/v1/surveys/sending/attachments"
ANSWERS = "/api/v1/surveys/sending/responses"
BASE = "/surveys/sending"
WORK = "/work/surveys/sending"
BINARY = {"content-type": "application/octet-stream"}
MARK = re.compile(r"[a-z2-7]{26}")
TYPED = {"borough": {"answer": "E09000012"}, "both": {"q-line": "x"}, "scene": {"act": "go"}}


@pytest.fixture
async def db(connection, swept):
    """As in conftest, but at the isolation level (repeatable read) that an export needs."""
    async with roll_back_at_end(connection, "repeatable_read") as one:
        yield one


@pytest.fixture
async def sending(db):
    await instruments.insert(db.the_connection, FILE_SURVEY)
    return db.the_connection


async def send_file(client, item="photo", body=None, **headers):
    given = uploads.jpeg() if body is None else body
    return await client.post(f"{UPLOADS}?item={item}", content=given, headers=BINARY | headers)


def response_body(**answers):
    return {"borough": "Hackney", "answers": {"line": "x"} | answers}


async def count_waiting(connection):
    return await connection.fetchval(
        "SELECT count(*) FROM attachments WHERE expires_at IS NOT NULL"
    )


async def test_a_file_goes_first_and_its_mark_is_the_answer(client, sending):
    answer = await send_file(client)
    assert answer.status_code == 201
    assert set(answer.json()) == {"mark"}
    mark = answer.json()["mark"]
    assert MARK.fullmatch(mark)
    receipt = await client.post(ANSWERS, json=response_body(photo=mark))
    assert receipt.status_code == 201
    row = await sending.fetchrow("SELECT * FROM attachments")
    assert (row["media_type"], row["item"]) == ("image/jpeg", "photo")
    again = await client.post(ANSWERS, json=response_body(photo=mark))
    assert again.json()["faults"] == [
        {"where": "photo", "sentence": "needs a file that was sent in the last two hours"}
    ]


async def test_nothing_of_what_a_camera_or_a_browser_tells_is_kept(client, sending):
    marks = {"user-agent": "Tricorder", "x-file-name": "jane-doe.jpg", "x-forwarded-for": "9.9.9.9"}
    await send_file(client, **marks, **{"content-disposition": "attachment; filename=jane-doe.jpg"})
    dump = await dump_tables(sending)
    for trace in (uploads.PLANTED.hex(), "Tricorder", "jane-doe", "9.9.9.9"):
        assert trace not in dump


REFUSED = {
    "nothing": (b"", 422, "attachment.empty"),
    "a page": (b"<script>alert(1)</script>", 422, "attachment.type"),
    "a PDF for a picture": (uploads.PDF, 422, "attachment.type"),
    "half a picture": (uploads.plain_jpeg()[:200], 422, "attachment.damaged"),
    "more than 8 MB": (b"\xff" * (MOST_BYTES + 1), 413, "body.too_large"),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_what_is_no_file_of_ours_is_refused(client, sending, case):
    body, status, code = REFUSED[case]
    answer = await send_file(client, body=body)
    assert (answer.status_code, check_refusal(answer)["code"]) == (status, code)
    assert await count_waiting(sending) == 0


async def test_a_file_in_pieces_is_stopped_while_it_comes(client, sending):
    given = 0

    async def pieces():
        nonlocal given
        while given < 40_000_000:
            given += 1_000_000
            yield b"\xff" * 1_000_000

    answer = await send_file(client, body=pieces())
    assert answer.status_code == 413
    assert given <= 10_000_000


@pytest.mark.parametrize(
    ("address", "status", "code"),
    [(f"{UPLOADS}?item=line", 422, "attachment.not_asked"), (UPLOADS, 400, "request.malformed"),
     (f"{UPLOADS}?item=" + "x" * 61, 400, "request.malformed"),
     (f"{UPLOADS}?item=%00", 400, "request.malformed"),
     ("/api/v1/surveys/none/attachments?item=photo", 404, "survey.unknown"),
     ("/api/v1/surveys/complaint/attachments?item=photo", 422, "attachment.not_asked")],
)  # fmt: skip
async def test_a_file_that_nobody_asked_for_is_refused(client, sending, address, status, code):
    answer = await client.post(address, content=uploads.gif(), headers=BINARY)
    assert (answer.status_code, check_refusal(answer)["code"]) == (status, code)


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", ""],
)
async def test_what_a_foreign_page_could_send_is_refused(client, sending, kind):
    answer = await send_file(client, **{"content-type": kind})
    assert (answer.status_code, check_refusal(answer)["code"]) == (415, "body.type")


async def test_a_closed_survey_takes_no_files(client, sending):
    await instruments.set_closed(sending, "sending", closed=True)
    assert (await send_file(client)).status_code == 410


async def test_files_are_counted_by_source_at_both_doors(db, sending):
    transport = httpx.ASGITransport(build(Settings(sends_per_minute=2), db))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        assert [(await send_file(client)).status_code for _ in range(3)] == [201, 201, 429]
        await client.post(BASE)
        pages = [await upload(client, "photo") for _ in range(3)]
        assert [page.status_code for page in pages] == [303, 303, 429]
        plain = await client.post(f"{BASE}/borough", data={"answer": "E09000012"})
        assert plain.status_code == 303


async def upload(client, step, field="answer", body=None, name="jane-doe.jpg", **data):
    given = uploads.jpeg() if body is None else body
    files = {field: (name, given, "image/x-made-up")}
    return await client.post(f"{BASE}/{step}", files=files, data=data)


async def refuse(client, step, *given, **more):
    """The page that is asked again after a file was uploaded."""
    return await page_again(client, await upload(client, step, *given, **more), f"{BASE}/{step}")


async def test_a_picture_goes_all_the_way_by_page(client, db, sending):
    await answer_pages(client, BASE, TYPED, until="photo")
    page = await client.get(f"{BASE}/photo")
    assert 'enctype="multipart/form-data"' in page.text
    assert "enctype" not in (await client.get(f"{BASE}/borough")).text
    assert (await upload(client, "photo")).headers["location"] == f"{BASE}/paper"
    back = (await client.get(f"{BASE}/photo")).text
    assert "A picture is attached: <bdi>jane-doe.jpg</bdi>" in back
    mark = (await draft_row(client, db, BASE)).answers["photo"]
    assert mark not in back
    check = await client.post(f"{BASE}/paper", data={"skip": "yes"}, follow_redirects=True)
    check = await client.post(f"{BASE}/both", data=TYPED["both"], follow_redirects=True)
    check = await client.post(f"{BASE}/scene", data=TYPED["scene"], follow_redirects=True)
    assert "<bdi>jane-doe.jpg</bdi>" in check.text
    assert mark not in check.text
    reference = await send_answers(client, BASE)
    owner = await sending.fetchval(
        "SELECT r.reference FROM attachments a JOIN responses r ON r.id = a.response"
    )
    assert owner == reference
    assert uploads.PLANTED not in await sending.fetchval("SELECT body FROM attachments")


async def test_a_picture_is_replaced_or_removed(client, db, sending):
    await client.post(BASE)
    await upload(client, "photo")
    first = (await draft_row(client, db, BASE)).answers["photo"]
    await client.post(f"{BASE}/photo", files={"answer": ("", b"")})
    assert (await draft_row(client, db, BASE)).answers["photo"] == first
    await upload(client, "photo", body=uploads.gif())
    second = (await draft_row(client, db, BASE)).answers["photo"]
    assert second != first
    assert await sending.fetchval("SELECT mark FROM attachments") == second
    await client.post(f"{BASE}/photo?change", data={"answer-remove": "yes"})
    assert "photo" not in (await draft_row(client, db, BASE)).answers
    assert await count_waiting(sending) == 0


@pytest.mark.parametrize("data", [{"decline": "yes"}, {"skip": "yes"}])
async def test_who_would_rather_not_sends_nothing(client, db, sending, data):
    await client.post(BASE)
    await upload(client, "paper")
    await upload(client, "paper", **data)
    given = (await draft_row(client, db, BASE)).answers.get("paper")
    assert given == ("prefer_not_to_say" if "decline" in data else None)
    assert await count_waiting(sending) == 0


async def test_a_fault_beside_a_picture_does_not_lose_it(client, db, sending):
    await client.post(BASE)
    page = await refuse(client, "both", "q-beside", **{"q-line": ""})
    assert 'href="#q-line"' in page.text
    assert "A picture is attached" in page.text
    onward = await client.post(f"{BASE}/both", data={"q-line": "x"})
    assert onward.headers["location"] == f"{BASE}/scene"
    assert MARK.fullmatch((await draft_row(client, db, BASE)).answers["beside"])


async def test_a_picture_that_is_not_taken_leaves_the_words_beside_it(client, db, sending):
    await client.post(BASE)
    page = await refuse(client, "both", "q-beside", b"words", **{"q-line": "My words"})
    assert "My words" in page.text
    assert 'href="#q-beside">This must be a photo or a picture' in page.text


async def test_pictures_in_rounds_are_kept_by_their_round(client, db, sending):
    await answer_pages(client, BASE, TYPED, until="scene")
    for number in (1, 2):
        await client.post(f"{BASE}/scene", data={"act": "add"})
        await upload(client, f"scene.{number}", "q-seen", **{"q-told": f"Round {number}"})
    rounds = (await draft_row(client, db, BASE)).answers["scene"]
    assert [one["told"] for one in rounds] == ["Round 1", "Round 2"]
    assert len({one["seen"] for one in rounds}) == 2
    await client.post(f"{BASE}/scene", data={"act": "remove"})
    assert await sending.fetch("SELECT mark FROM attachments") == [(rounds[0]["seen"],)]
    await client.post(f"{BASE}/scene.1", data={"q-told": "x", "q-seen-remove": "yes"})
    assert (await draft_row(client, db, BASE)).answers["scene"] == [{"told": "x"}]
    assert await count_waiting(sending) == 0


WRONG = [
    ("photo", b"", "Picture is empty. Choose another file"),
    ("photo", b"words", "Picture must be a photo or a picture"),
    ("photo", uploads.PDF, "Picture must be a photo or a picture"),
    ("paper", b"words", "Letter must be a photo, a picture or a PDF"),
    ("photo", uploads.plain_png()[:60], "Picture cannot be opened. Choose another file"),
    ("photo", b"GIF89a" + b"0" * MOST_BYTES, "Picture must be 32 MB or smaller"),
    ("photo", b"0" * 40_000_001, "Picture must be 32 MB or smaller"),
]


@pytest.mark.parametrize(("step", "body", "sentence"), WRONG)
async def test_what_is_wrong_with_a_file_is_said_at_the_field(
    client, sending, step, body, sentence
):
    await client.post(BASE)
    page = await refuse(client, step, body=body)
    assert f'<a href="#answer">{sentence}</a>' in page.text
    assert 'id="answer"' in page.text
    assert await count_waiting(sending) == 0


async def test_ten_files_are_the_most_by_page_too(client, db, sending, monkeypatch):
    monkeypatch.setattr("api.pages.resident.questionnaire.uploads.MOST_FILES", 1)
    await client.post(BASE)
    await upload(client, "photo")
    assert (await upload(client, "photo")).status_code == 303
    page = await refuse(client, "paper")
    assert "Letter was not added: you can send 10 files at most. Remove one first" in page.text


async def test_a_page_without_files_takes_no_more_than_before(client, sending):
    await client.post(BASE)
    for given in ({"data": {"answer": "x" * 1_000_001}}, {"files": {"x": ("x", b"0" * 1_000_001)}}):
        for step in ("borough", "send", "check"):
            assert (await client.post(f"{BASE}/{step}", **given)).status_code == 413

    async def pieces():
        yield b"answer=E09000012"

    kind = {"content-type": "application/x-www-form-urlencoded"}
    endless = await client.post(f"{BASE}/borough", content=pieces(), headers=kind)
    assert endless.status_code == 413


async def test_a_file_that_has_gone_meanwhile_is_asked_for_again(client, db, sending):
    await answer_pages(client, BASE, TYPED, until="photo")
    await upload(client, "photo")
    await client.post(f"{BASE}/paper", data={"skip": "yes"})
    await client.post(f"{BASE}/both", data=TYPED["both"])
    await sending.execute("DELETE FROM attachments")
    page = await asked_again(client, f"{BASE}/send")
    assert (
        "Choose the file for ‘Picture’ again. The one you sent before is no longer here"
        in page.text
    )
    assert f'action="{BASE}/photo?change"' in page.text
    await upload(client, "photo?change")
    await send_answers(client, BASE)
    assert await count_waiting(sending) == 0


async def test_every_page_holds_the_files_for_as_long_as_the_draft(client, sending):
    await client.post(BASE)
    await upload(client, "photo")
    await sending.execute("UPDATE attachments SET expires_at = expires_at - interval '2 hours'")
    await client.post(f"{BASE}/both", data=TYPED["both"])
    held = "SELECT expires_at > now() + interval '2 hours' FROM attachments"
    assert await sending.fetchval(held)


async def test_the_marks_of_others_cannot_be_typed_in(client, db, sending):
    mark = (await send_file(client)).json()["mark"]
    await client.post(BASE)
    await client.post(f"{BASE}/photo", data={"answer": mark})
    assert "photo" not in (await draft_row(client, db, BASE)).answers


@pytest.fixture
async def owned(db):
    """The survey that asks for files, owned by one organiser."""
    account = await people.by_email(db.the_connection, AMINA[0])
    await instruments.insert(db.the_connection, FILE_SURVEY, by=str(account.id))
    return db.the_connection


async def test_who_runs_the_survey_takes_a_file_away_and_it_is_noted(client, signed_in, owned):
    mark = (await send_file(client)).json()["mark"]
    paper = (await send_file(client, "paper", uploads.PDF)).json()["mark"]
    await send_file(client)
    await client.post(ANSWERS, json=response_body(photo=mark, paper=paper))
    await end_their_hour(owned, FILE_SURVEY.slug)
    amina = await signed_in(AMINA)
    page = (await amina.get(WORK)).text
    assert page.count(">Not scanned<") == 2
    assert mark not in page
    links = re.findall(rf'href="({WORK}/attachments/[^"]+)" download>([^<]+)<', page)
    assert sorted(name.rpartition(".")[2] for _, name in links) == ["jpg", "pdf"]
    for address, name in links:
        file = await amina.get(address)
        assert file.headers["content-disposition"] == f'attachment; filename="{name}"'
        assert file.headers["x-content-type-options"] == "nosniff"
        assert file.headers["content-security-policy"] == "default-src 'none'; sandbox"
        kind = "application/pdf" if name.endswith("pdf") else "image/jpeg"
        assert file.headers["content-type"] == kind
        assert file.headers["cache-control"] == "no-store"
        assert file.content == await owned.fetchval(
            "SELECT body FROM attachments WHERE id = $1::uuid", address.rpartition("/")[2]
        )
    noted = await owned.fetch("SELECT act, subject, detail FROM audit ORDER BY id DESC LIMIT 2")
    assert {(row["act"], row["subject"]) for row in noted} == {("attachment downloaded", "sending")}
    assert {row["detail"]["attachment"] for row in noted} == {
        a[0].rpartition("/")[2] for a in links
    }


async def test_nobody_else_takes_a_file_away(client, signed_in, owned, db):
    mark = (await send_file(client)).json()["mark"]
    loose = (await send_file(client)).json()["mark"]
    await client.post(ANSWERS, json=response_body(photo=mark))
    ids = {row["mark"]: row["id"] for row in await owned.fetch("SELECT mark, id FROM attachments")}
    address = f"{WORK}/attachments/{ids[mark]}"
    assert (await client.get(address)).headers["location"] == "/sign-in"
    assert (await (await signed_in(CINDY)).get(address)).status_code == 404
    await people.insert(owned, "other@example.org", "Other", "organiser", None)
    other = await signed_in(("other@example.org",))
    assert (await other.get(address)).status_code == 404
    joan = await signed_in(JOAN)
    assert (await joan.get(address)).status_code == 200
    before = await owned.fetchval("SELECT count(*) FROM audit")
    for foreign in (
        f"{WORK}/attachments/{ids[loose]}",
        f"/work/surveys/feedback/attachments/{ids[mark]}",
        f"{WORK}/attachments/00000000-0000-0000-0000-000000000000",
        f"{WORK}/attachments/{mark}",
    ):
        assert (await joan.get(foreign)).status_code == 404
    assert await owned.fetchval("SELECT count(*) FROM audit") == before


async def test_the_list_has_pages(client, signed_in, owned, monkeypatch):
    monkeypatch.setattr("api.pages.organiser.ON_A_PAGE", 1)
    amina = await signed_in(AMINA)
    assert "No files to show yet" in (await amina.get(WORK)).text
    for _ in range(2):
        mark = (await send_file(client)).json()["mark"]
        await client.post(ANSWERS, json=response_body(photo=mark))
    await end_their_hour(owned, FILE_SURVEY.slug)
    shown = [
        re.findall(r"/attachments/([\w-]+)", (await amina.get(f"{WORK}?files={n}")).text)
        for n in ("1", "2", "3", "x", "9" * 5_000)
    ]
    assert [len(ids) for ids in shown] == [1, 1, 0, 1, 1]
    assert shown[0] != shown[1]
    assert "Files</h2>" not in (await amina.get("/work/surveys/feedback")).text


async def test_the_export_says_that_there_is_a_file_and_not_under_which_mark(client, signed_in, db):
    connection = db.the_connection
    plain = msgspec.to_builtins(FILE_SURVEY)
    await instruments.insert(connection, FILE_SURVEY)
    marks = [(await send_file(client, item)).json()["mark"] for item in ("photo", "seen")]
    body = response_body(photo=marks[0], paper="prefer_not_to_say", scene=[{"seen": marks[1]}, {}])
    assert (await client.post(ANSWERS, json=body)).status_code == 201
    scene = plain["items"][-1] | {"items": plain["items"][-1]["items"][1:]}
    await end_their_hour(connection, FILE_SURVEY.slug)
    later = plain | {"version": 2, "items": [*plain["items"][:-1], scene]}
    await instruments.insert(connection, msgspec.convert(later, type(FILE_SURVEY)))
    packed = (await (await signed_in(JOAN)).get(f"{WORK}/answers.zip")).content
    with zipfile.ZipFile(io.BytesIO(packed)) as parts:
        text, rounds = (parts.read(f"answers{name}.csv").decode() for name in ("", "-scene"))
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    assert (row["photo"], row["paper"]) == ("attached", "prefer_not_to_say")
    assert [row["seen"] for row in csv.DictReader(io.StringIO(rounds))] == ["attached", ""]
    text += rounds
    assert not any(mark in text for mark in marks)
