"""Files with complaints: uploaded first, larger than elsewhere, also sound and video; then
attached to the case.
"""

import functools

import msgspec
import pytest

from api.pages.work import download_response, media_label, require_scanned
from survey.media import ENDINGS, MOST_BYTES, MOST_MEDIA_BYTES
from survey.problems import Conflict, Gone
from survey.store.answers import attachments
from survey.store.surveys import instruments
from survey.surveys.instruments import File, Image, check_instrument
from survey.surveys.ready import load_ready_instruments
from tests.api.pages.forms import asked_again
from tests.api.pages.resident.test_attachments import BINARY
from tests.api.routes.test_intake import check_refusal
from tests.files import recordings, uploads

UPLOADS = "/api/v1/surveys/complaint/attachments"
FILE = File(name="recording", text={"en": "A recording?"}, short={"en": "Recording"})
ITEMS = (Image(name="photo", text={"en": "A picture?"}, short={"en": "Picture"}), FILE)
CASE = "ABCD-2345"


@pytest.fixture
async def asking(db):
    """The complaint form in a version that asks for files, and one case."""
    form = next(one for one in load_ready_instruments() if one.kind == "complaint")
    asking = msgspec.structs.replace(form, version=form.version + 1, items=(*form.items, *ITEMS))
    await instruments.insert(db.the_connection, check_instrument(asking))
    await db.the_connection.execute(
        """
        INSERT INTO complaints
            (reference, instrument, version, area, language, answers, received_at)
        VALUES ($1, 'complaint', $2, 'E09000012', 'en', '{}', date_trunc('hour', now()))
        """,
        CASE,
        asking.version,
    )
    return db.the_connection


async def send_file(client, item="recording", body=None, kind="application/octet-stream"):
    given = recordings.mp4() if body is None else body
    return await client.post(
        f"{UPLOADS}?item={item}", content=given, headers={"content-type": kind}
    )


@pytest.mark.parametrize("name", recordings.FILES)
async def test_sound_and_film_are_taken_without_what_was_planted(client, asking, name):
    make, media_type = recordings.FILES[name]
    assert (await send_file(client, body=make(), kind=media_type)).status_code == 201
    row = await asking.fetchrow("SELECT media_type, body, scan FROM attachments")
    assert (row["media_type"], row["scan"]) == (media_type, "not_scanned")
    assert uploads.PLANTED not in row["body"]


REFUSED = {
    "a video for a picture": ("photo", recordings.mp4(), 422, "attachment.type"),
    "half a video": ("recording", recordings.mp4()[:300], 422, "attachment.damaged"),
    "a large picture": ("photo", b"GIF89a" * 2_000_000, 413, "attachment.too_large"),
    "a large PDF": ("recording", b"%PDF-1.7\n" + b"0" * MOST_BYTES, 413, "attachment.too_large"),
    "more than 32 MB": ("recording", b"0" * (MOST_MEDIA_BYTES + 1), 413, "body.too_large"),
    "nobody asked": ("narrative", uploads.PDF, 422, "attachment.not_asked"),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_what_a_complaint_does_not_take(client, asking, case):
    item, body, status, code = REFUSED[case]
    answer = await send_file(client, item, body)
    assert (answer.status_code, check_refusal(answer)["code"]) == (status, code)


async def test_a_film_of_twenty_megabytes_is_taken(client, asking):
    large = recordings.amr() + recordings.amr()[6:] * 31_000
    assert len(large) > 2 * MOST_BYTES
    assert (await send_file(client, body=large)).status_code == 201


async def test_a_survey_takes_no_more_than_before(client, db):
    answer = await client.post(
        "/api/v1/surveys/feedback/attachments?item=x", content=b"0" * (MOST_BYTES + 1),
        headers=BINARY,
    )  # fmt: skip
    assert answer.status_code == 413


async def test_the_pages_say_what_a_complaint_takes(client, asking):
    await client.post("/complaints")
    page = await client.get("/complaints/recording")
    assert "Photos, videos and sound recordings up to 32 MB each" in page.text
    assert "audio/*,video/*" in page.text
    for body, sentence in (
        (b"words", "Recording must be a photo, a video, a sound recording or a PDF"),
        (
            b"%PDF-1.7\n" + b"0" * MOST_BYTES,
            "Recording is too large. Photos, videos and sound recordings can be 32 MB",
        ),
    ):
        files = {"answer": ("x", body, "x/y")}
        page = await asked_again(client, "/complaints/recording", files=files)
        assert sentence in page.text
    files = {"answer": ("x", b"words", "x/y")}
    page = await asked_again(client, "/complaints/photo", files=files)
    assert "Picture must be a photo or a picture" in page.text
    done = await client.post(
        "/complaints/recording", files={"answer": ("jane.mp4", recordings.mp4(), "video/mp4")}
    )
    assert done.status_code == 303
    assert await asking.fetchval("SELECT media_type FROM attachments") == "video/mp4"


async def test_a_case_takes_its_files_once_and_gives_them_again(client, asking):
    marks = {(await send_file(client)).json()["mark"]: "recording" for _ in range(2)}
    photo = (await send_file(client, "photo", uploads.gif())).json()["mark"]
    take = functools.partial(attachments.attach, to_case=True)
    assert await attachments.attach(asking, CASE, "complaint", marks) == set()
    assert await take(asking, "ZZZZ-2345", "complaint", marks) == set()
    assert await take(asking, CASE, "feedback", marks) == set()
    assert await take(asking, CASE, "complaint", {photo: "recording"}) == set()
    assert await take(asking, CASE, "complaint", marks) == set(marks)
    assert await take(asking, CASE, "complaint", marks) == set()
    case = await asking.fetchval("SELECT id::text FROM complaints WHERE reference = $1", CASE)
    files = await attachments.load_for_case(asking, case)
    assert [one.id for one in files] == sorted(one.id for one in files)
    fields = {one.__struct_fields__ for one in files}
    assert fields == {("id", "item", "media_type", "size", "scan")}
    assert len(files) == 2
    found = await attachments.find_for_case(asking, case, files[0].id)
    assert (found.media_type, len(found.body)) == ("video/mp4", files[0].size)
    other = "00000000-0000-0000-0000-000000000000"
    assert await attachments.find_for_case(asking, other, files[0].id) is None
    assert await attachments.find_for_survey(asking, "complaint", files[0].id) is None
    assert await attachments.count_for_survey(asking, "complaint") == 0


async def test_what_a_case_took_is_neither_discarded_nor_forgotten_and_goes_with_it(client, asking):
    mark = (await send_file(client)).json()["mark"]
    await attachments.attach(asking, CASE, "complaint", {mark: "recording"}, to_case=True)
    await attachments.delete_waiting(asking, [mark])
    await attachments.delete_expired(asking)
    assert await asking.fetchval("SELECT count(*) FROM attachments") == 1
    await asking.execute("DELETE FROM allegations")
    await asking.execute("DELETE FROM complaints WHERE reference = $1", CASE)
    assert await asking.fetchval("SELECT count(*) FROM attachments") == 0


def stored_file(scan="clean", media_type="video/mp4"):
    return attachments.FileContent(media_type=media_type, body=b"x", scan=scan)


@pytest.mark.parametrize("media_type", ENDINGS)
def test_every_type_has_a_word_and_is_handed_out_shut(media_type):
    assert media_label(media_type) in ("picture", "PDF", "sound", "film")
    answer = download_response("case", "1", stored_file(media_type=media_type))
    name = f'attachment; filename="case-1.{ENDINGS[media_type]}"'
    assert (answer.headers["Content-Disposition"], answer.media_type) == (name, media_type)
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"


def test_what_waits_or_is_infected_is_never_handed_out():
    with pytest.raises(Conflict) as waits:
        download_response("case", "1", stored_file("waiting"))
    with pytest.raises(Gone) as infected:
        download_response("case", "1", stored_file("infected"))
    codes = (waits.value.code, infected.value.code)
    assert codes == ("attachment.quarantined", "attachment.infected")
    for scan in ("clean", "not_scanned"):
        require_scanned(scan)
