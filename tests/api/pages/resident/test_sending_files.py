"""Files with a complaint: several at once, listed with a preview for their sender, removable."""

import html
import io
import re

import pytest
from PIL import Image

from api.pages.resident.questionnaire.walk import file_id
from survey.store.answers import attachments
from survey.store.cases import complaints
from tests.api.pages.forms import asked_again, refused_at_case, send
from tests.api.pages.resident.test_following import begin_complaint, event_kinds, open_case
from tests.api.pages.resident.test_resident_pages import draft_row
from tests.files import uploads
from tests.stored.complaint_forms import create_case

PAGE = "/complaints/evidence"
NOTHING = ("files", ("", b"", "application/octet-stream"))
REMOVE = re.compile(r'name="remove" value="([^"]+)"')


def chosen_files(*files):
    """The files of one field, as a browser sends them."""
    return [("files", (name, body, "application/octet-stream")) for name, body in files]


@pytest.fixture
async def begun(client, db):
    await begin_complaint(client)
    await client.post("/complaints/matter", data={"q-allegations": ["use_of_force_taser"]})


async def files_shown(client):
    page = (await client.get(PAGE)).text
    found = re.findall(r'<bdi>(.*?)</bdi><br><span class="govuk-hint">([^<]*)<', page)
    return [(html.unescape(name), what) for name, what in found]


async def case_files(db, reference):
    case = await complaints.get(db.the_connection, reference)
    return await attachments.load_for_case(db.the_connection, case.id)


async def test_several_are_sent_at_once_and_each_can_be_removed(client, db, begun):
    files = chosen_files(("my <door>.jpg", uploads.plain_jpeg()), ("letter.pdf", uploads.PDF))
    added = await client.post(PAGE, files=files, data={"act": "add"})
    assert added.headers["location"] == PAGE
    assert await files_shown(client) == [
        ("my <door>.jpg", "Picture, 1 KB"),
        ("letter.pdf", "Document, 1 KB"),
    ]
    check = await client.get("/complaints/check")
    assert "my &lt;door&gt;.jpg" in check.text
    first, second = REMOVE.findall((await client.get(PAGE)).text)
    removed = await client.post(PAGE, files=[NOTHING], data={"remove": second})
    assert removed.headers["location"] == PAGE
    assert await files_shown(client) == [("my <door>.jpg", "Picture, 1 KB")]
    [mark] = await db.the_connection.fetch("SELECT mark FROM attachments")
    assert first == file_id(mark[0])
    assert mark[0] not in (await client.get(PAGE)).text
    sent = await client.post("/complaints/send", data={})
    reference = sent.headers["location"].rpartition("/")[2]
    assert [one.media_type for one in await case_files(db, reference)] == ["image/jpeg"]
    left = await draft_row(client, db, "/complaints")
    assert not left.file_names  # what a file was called is forgotten with the draft


async def test_nobody_has_to_send_files_and_continue_saves_those_chosen(client, begun):
    onward = await client.post(PAGE, files=[NOTHING], data={"act": "go"})
    assert onward.headers["location"] == "/complaints/about"
    files = chosen_files(("a.jpg", uploads.plain_jpeg()))
    onward = await client.post(f"{PAGE}?change", files=files, data={"act": "go"})
    assert onward.headers["location"] == "/complaints/check"
    assert [name for name, _ in await files_shown(client)] == ["a.jpg"]


async def test_what_is_wrong_with_one_does_not_lose_the_others(client, begun):
    files = chosen_files(("words.txt", b"words"), ("a.jpg", uploads.plain_jpeg()))
    page = await asked_again(client, PAGE, files=files, data={"act": "go"})
    assert '<a href="#files">words.txt' in page.text
    assert [name for name, _ in await files_shown(client)] == ["a.jpg"]
    eleven = chosen_files(*((f"{n}.gif", uploads.gif()) for n in range(10)))
    page = await asked_again(client, PAGE, files=eleven, data={"act": "add"})
    assert '<a href="#files">9.gif' in page.text
    assert len(await files_shown(client)) == 10


async def test_a_picture_is_shown_small_to_its_sender_alone(client, begun):
    await client.post(PAGE, files=chosen_files(("a.heic", uploads.heic())), data={"act": "add"})
    page = (await client.get(PAGE)).text
    [address] = re.findall(r'<img [^>]*src="([^"]+)"', page)
    small = await client.get(address)
    assert small.headers["content-type"] == "image/jpeg"
    assert Image.open(io.BytesIO(small.content)).size == (64, 32)
    client.cookies.clear()
    assert (await client.get(address)).status_code == 404


@pytest.mark.parametrize("photo", [uploads.heic, uploads.large_photo])
async def test_photos_are_taken_as_phones_make_them(client, db, begun, photo):
    """HEIC, and a JPEG over 8 MB: stored as a JPEG that browsers can show, without location."""
    assert uploads.PLANTED in photo()
    onward = await client.post(PAGE, files=chosen_files(("IMG_1", photo())), data={"act": "go"})
    assert onward.status_code == 303, onward.text
    row = await db.the_connection.fetchrow("SELECT media_type, body FROM attachments")
    assert row["media_type"] == "image/jpeg"
    assert uploads.PLANTED not in row["body"]
    assert len(row["body"]) <= 8_000_000
    seen = Image.open(io.BytesIO(row["body"]))
    assert seen.size in ((64, 32), (2200, 3000))  # the large one was held upright
    if seen.size == (64, 32):
        red, green, _ = seen.getpixel((5, 5))
        assert red > 150 > green


async def test_a_file_can_be_taken_back_from_the_case(client, db):
    receipt = await create_case(db)
    await open_case(client, receipt)
    several = [
        ("evidence", ("1.jpg", uploads.plain_jpeg(), "x/y")),
        ("evidence", ("2.pdf", uploads.PDF, "x/y")),
    ]
    await send(client, "/case/evidence", {}, page="/case", files=several)
    page = (await client.get("/case")).text
    assert len(REMOVE.findall(page)) == 2
    [address] = re.findall(r'<img [^>]*src="([^"]+)"', page)
    assert (await client.get(address)).headers["content-type"] == "image/jpeg"
    picture = address.rpartition("/")[2]
    for _ in range(2):  # two clicks take back one
        done = await send(client, "/case/evidence", {"remove": picture}, page="/case")
        assert done.headers["location"] == "/case?done=file_removed"
    assert [one.media_type for one in await case_files(db, receipt.reference)] == [
        "application/pdf"
    ]
    assert (await client.get(address)).status_code == 404
    assert (await event_kinds(db, receipt)).count("file_removed") == 1
    other = await create_case(db)
    await open_case(client, other)
    left = (await case_files(db, receipt.reference))[0]
    await send(client, "/case/evidence", {"remove": left.id}, page="/case")
    assert len(await case_files(db, receipt.reference)) == 1
    await refused_at_case(client, "/case/evidence", {"remove": "../x"})
