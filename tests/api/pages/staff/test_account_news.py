"""A new way into an account is shown to its owner, and sent to them by email, whoever made it."""

import msgspec
import pytest
from lxml import html

from api.jobs import kinds, worker
from api.notifications import find_case_sender
from api.security.cookies import SESSION
from api.security.people import key_digest
from survey.store.accounts import people
from tests.api.pages.forms import send
from tests.conftest import UNLIMITED
from tests.fakes.mail_sink import start_mail_sink
from tests.people import AMINA, JOAN

KEY = {"name": "Excel", "days": "30", "survey": ""}
PASSWORD = {"new": "three plain nouns walking"}


@pytest.fixture
async def post(db):
    """Sends the emails that wait, and returns what has arrived."""
    async with start_mail_sink() as (sink, port):
        settings = msgspec.structs.replace(
            UNLIMITED, smtp_host="127.0.0.1", smtp_port=port, smtp_starttls=False,
            smtp_sender="Soundings <soundings@example.org>", public_url="http://test",
        )  # fmt: skip

        async def arrived():
            while await worker.send_next_account_mail(db, find_case_sender(settings)):
                pass
            return sink.messages

        yield arrived


async def set_password(owner, joan, account):
    return await send(owner, "/work/password", PASSWORD)


async def make_link(owner, joan, account):
    return await send(joan, f"/work/people/{account}/link", page=f"/work/people/{account}")


async def make_key(owner, joan, account):
    return await send(owner, "/work/keys", KEY)


@pytest.mark.parametrize(
    ("act", "subject", "said"),
    [
        (set_password, "your password was set", "The password of your account was set on"),
        (make_link, "a link to sign in was made", "A link to sign in to your account was made on"),
        (make_key, "an API key was made", "An API key of your account was made on"),
    ],
)
async def test_its_owner_is_told_by_email_and_on_their_page(
    signed_in, db, post, act, subject, said
):
    owner, joan = await signed_in(AMINA), await signed_in(JOAN)
    account = (await people.by_email(db.the_connection, AMINA[0])).id
    answer = await act(owner, joan, account)
    assert answer.status_code < 400, answer.text
    (mail,) = await post()
    words = " ".join(mail.get_content().split())
    assert (mail["To"], mail["Subject"]) == (AMINA[0], f"Soundings: {subject}")
    assert said in words
    assert "If it was not: " in words
    assert "http://test/work/password" in words
    assert "/sign-in/" not in words
    assert len(await post()) == 1  # once
    page = html.fromstring((await (await signed_in(AMINA)).get("/work/password")).text)
    shown = page.xpath("//h2[@id='news']/following-sibling::ul[1]/li")
    assert [one.text_content().split(" on ")[0].split()[-1] for one in shown] in (
        [["set"], ["made"]]
    )
    other = html.fromstring((await joan.get("/work/password")).text)
    assert not other.xpath("//h2[@id='news']")


async def test_the_page_says_where_else_somebody_is_signed_in(signed_in, db):
    first = await signed_in(AMINA)
    assert "also signed in" not in (await first.get("/work/password")).text
    second, ended = await signed_in(AMINA), await signed_in(AMINA)
    await db.the_connection.execute(
        "UPDATE sessions SET used_at = now() - interval '61 minutes' WHERE key_digest = $1",
        key_digest(ended.cookies.get(SESSION)),
    )
    assert "from another browser, last used on" in (await first.get("/work/password")).text
    await send(first, "/work/password", PASSWORD)
    assert "also signed in" not in (await first.get("/work/password")).text
    assert (await second.get("/work/password")).status_code == 302


async def test_an_account_that_is_new_has_no_news(signed_in, post):
    form = {"email": "new@example.org", "name": "New", "role": "organiser"}
    assert (await send(await signed_in(JOAN), "/work/people", form)).status_code == 200
    assert await post() == []


async def test_what_could_not_be_sent_for_two_days_is_not_and_what_is_old_is_deleted(
    signed_in, db, post
):
    await send(await signed_in(AMINA), "/work/password", PASSWORD)
    move = "UPDATE account_news SET asked_at = asked_at - interval '{} hours'"
    await db.the_connection.execute(move.format(49))
    assert await post() == []
    await kinds.delete_expired(db.the_connection, "")
    count = "SELECT count(*) FROM account_news"
    assert await db.the_connection.fetchval(count) == 1
    await db.the_connection.execute(move.format(30 * 24))
    await kinds.delete_expired(db.the_connection, "")
    assert await db.the_connection.fetchval(count) == 0
