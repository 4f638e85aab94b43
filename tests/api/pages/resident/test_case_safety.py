"""The owner's safety: a new passphrase, who opened the case, a copy, and a signed receipt."""

import hashlib
import re
import subprocess

import httpx
import pytest

from api import clock
from api.security import limits
from api.security.keyring import ReceiptSigner
from survey.receipts import parse_receipt
from survey.store.cases import case_owners, complaints
from tests.api.pages.forms import send
from tests.api.pages.resident.test_following import act_on_case, open_case
from tests.people import CINDY
from tests.stored.complaint_forms import WORDS, create_case

NEW = re.compile(r'class="passphrase"[^>]*><strong>([^<]+)<')
ONCE = re.compile(r'name="once" value="([^"]+)"')


async def change(client, receipt, typed=None, once=None):
    once = once or ONCE.search((await client.get("/case/passphrase")).text)[1]
    form = {"once": once, "passphrase": typed or receipt.passphrase}
    return await send(client, "/case/passphrase", form, page="/case/passphrase")


@pytest.fixture
async def opened(client, db):
    receipt = await create_case(db)
    await open_case(client, receipt)
    return receipt


async def test_a_new_passphrase_opens_the_case_and_the_old_one_ends_everywhere(
    client, app, db, opened
):
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as elsewhere:
        await open_case(elsewhere, opened)
        assert WORDS in (await elsewhere.get("/case")).text
        changed = await change(client, opened)
        shown = (await client.get(changed.headers["location"])).text
        phrase = NEW.search(shown)[1]
        assert phrase != opened.passphrase
        assert WORDS not in (await elsewhere.get("/case")).text
        assert (await open_case(elsewhere, opened)).status_code == 422
        await send(client, "/case/passphrase/saved", page=changed.headers["location"])
        assert "Your passphrase is changed" in (await client.get("/case?done=passphrase")).text
        # Neither Back nor the address shows the words again.
        assert phrase not in (await client.get(changed.headers["location"])).text
        form = {"number": opened.reference, "passphrase": phrase}
        assert (await send(elsewhere, "/case", form, page="/case")).status_code == 303


async def test_two_clicks_change_the_passphrase_once(client, opened):
    once = ONCE.search((await client.get("/case/passphrase")).text)[1]
    first, second = [await change(client, opened, once=once) for _ in range(2)]
    assert first.headers["location"] == second.headers["location"]
    assert NEW.search((await client.get(second.headers["location"])).text)


async def test_only_who_knows_the_passphrase_changes_it_and_guesses_are_limited(client, db, opened):
    hash_of = "SELECT passphrase_hash FROM complaints WHERE reference = $1"
    before = await db.the_connection.fetchval(hash_of, opened.reference)
    for _ in range(limits.MOST_FROM_SOURCE):
        page = await change(client, opened, "acid acorn acre acts afar affix")
        assert page.status_code == 422
        assert "This passphrase is wrong" in page.text
    assert (await change(client, opened)).status_code == 429
    assert (await open_case(client, opened)).status_code == 429
    assert await db.the_connection.fetchval(hash_of, opened.reference) == before


async def test_an_invented_mark_shows_no_passphrase(client, opened):
    page = await client.get("/case/passphrase?once=" + "a" * 22)
    assert not NEW.search(page.text)
    assert 'name="passphrase"' in page.text


async def test_the_owner_sees_on_which_days_who_opened_the_case(client, db, signed_in, opened):
    client.cookies.clear()
    staff = await signed_in(CINDY)
    await staff.get(f"/work/complaints/{opened.reference}")
    await staff.get(f"/work/complaints/{opened.reference}")
    case = await complaints.get(db.the_connection, opened.reference)
    found = await case_owners.load_openings(db.the_connection, case.id, 9)
    assert {(one.opened_on, one.by) for one in found} == {
        (clock.today(), "owner"),
        (clock.today(), "reviewer"),
    }
    staff.cookies.clear()
    await open_case(staff, opened)
    page = (await staff.get("/case")).text
    assert "another member of the working group" in page
    assert CINDY[1] not in page


async def test_a_copy_has_what_was_written_and_no_note(client, db, opened):
    await send(client, "/case/message", {"answered": "It was at night."}, page="/case")
    cindy = await db.the_connection.fetchval(
        "SELECT id::text FROM accounts WHERE email=$1", CINDY[0]
    )
    await act_on_case(db, opened, "noted", cindy, note="A note of ours.")
    page = (await client.get("/case/copy")).text
    assert WORDS in page
    assert "It was at night." in page
    assert "A note of ours" not in page
    printed = await client.get("/case/copy.pdf")
    assert printed.content.startswith(b"%PDF-")


async def test_a_receipt_is_checked_by_anybody_and_a_changed_one_refused(client, opened):
    receipt = (await client.get("/case/receipt.txt")).text
    written = (await client.get("/case/copy.json")).content
    assert WORDS.encode() in written
    assert WORDS not in receipt
    found, _ = parse_receipt(receipt)
    assert (found.number, found.digest) == (
        opened.reference,
        hashlib.sha256(written).hexdigest(),
    )
    client.cookies.clear()
    pasted = "\ufeff" + receipt.replace("\n", "\r\n\r\n  ")
    genuine = await client.post("/receipts", data={"receipt": pasted})
    assert "This receipt is genuine" in genuine.text
    sent = await client.post("/receipts", files={"file": ("r.txt", receipt.encode())})
    assert opened.reference in sent.text
    changed = receipt.replace(found.digest[:8], "00000000")
    refused = await client.post("/receipts", data={"receipt": changed})
    assert refused.status_code == 422
    assert "somebody changed it" in refused.text
    assert found.digest[8:] in refused.text  # what was pasted stays


@pytest.mark.parametrize("typed", ["", "hello", "Soundings receipt 1\nNumber: A"])
async def test_what_is_no_receipt_is_refused_in_words(client, typed):
    page = await client.post("/receipts", data={"receipt": typed})
    assert page.status_code == 422
    assert 'href="#receipt"' in page.text


async def test_a_receipt_is_checked_with_openssl_and_without_us(client, opened, tmp_path):
    (tmp_path / "receipt.txt").write_text((await client.get("/case/receipt.txt")).text)
    key = (await client.get("/.well-known/soundings-receipts.pem")).text
    (tmp_path / "key.pem").write_text(key)
    assert subprocess.run(["sh", "-e", "-c", CHECK], cwd=tmp_path).returncode == 0
    (tmp_path / "key.pem").write_text(ReceiptSigner("another" * 9).public_key())
    assert subprocess.run(["sh", "-e", "-c", CHECK], cwd=tmp_path).returncode != 0


# As docs/how-to/residents/follow-or-erase-a-complaint.md has it.
CHECK = """
sed '/^Signature: /d' receipt.txt > message
sed -n 's/^Signature: //p' receipt.txt | base64 -d > signature
openssl pkeyutl -verify -pubin -inkey key.pem -rawin -in message -sigfile signature
"""


async def test_without_an_open_case_nothing_is_handed_out(client):
    for name in ("copy", "copy.pdf", "copy.json", "receipt.txt", "passphrase"):
        page = await client.get(f"/case/{name}")
        assert "Follow a complaint" in page.text
    gone = await send(client, "/case/passphrase", {"passphrase": "x"}, page="/case")
    assert "we closed your case" in gone.text
