"""Which service sends which emails, and what an answer of GOV.UK Notify means for the message."""

import logging

import msgspec
import pytest

from api.notifications import (
    MailMessage,
    NotifySender,
    SmtpSender,
    find_case_sender,
    find_subscriber_sender,
)
from api.settings import Settings
from tests.alone import free_port
from tests.fakes.notify_fake import KEY, TEMPLATE, start_fake_notify

MESSAGE = MailMessage("zoe@example.org", "Soundings: news", "There is news.\n\nGood day.")
SMTP = Settings(smtp_host="127.0.0.1", smtp_sender="Soundings <soundings@example.org>")
NOTIFY = Settings(notify_key=KEY, notify_template=TEMPLATE)
BOTH = msgspec.structs.replace(SMTP, notify_key=KEY, notify_template=TEMPLATE)


@pytest.mark.parametrize(
    ("settings", "subscribers", "cases"),
    [
        (Settings(), None, None),
        (SMTP, SmtpSender, SmtpSender),
        (NOTIFY, NotifySender, NotifySender),
        (BOTH, SmtpSender, NotifySender),
        (Settings(notify_key=KEY), None, None),
    ],
)
def test_notify_sends_mails_on_cases_and_the_mail_server_those_to_subscribers(
    settings, subscribers, cases
):
    assert isinstance(find_subscriber_sender(settings), subscribers or type(None))
    assert isinstance(find_case_sender(settings), cases or type(None))


@pytest.fixture
def fake():
    with start_fake_notify() as (fake, url):
        fake.sender = notify_sender(url)
        yield fake


def notify_sender(url, key=KEY):
    return NotifySender(key=key, template=TEMPLATE, url=url, base="http://test")


async def test_a_letter_goes_with_subject_and_words_under_a_signed_token(fake):
    assert await fake.sender.send(MESSAGE) == "sent"
    assert fake.mails == [
        {
            "email_address": "zoe@example.org",
            "template_id": TEMPLATE,
            "personalisation": {"subject": MESSAGE.subject, "body": MESSAGE.words},
        }
    ]


async def test_the_link_to_leave_goes_in_the_field_that_notify_has_for_it(fake):
    link = "https://soundings.example.org/unsubscribe/1"
    await fake.sender.send(msgspec.structs.replace(MESSAGE, leave=link))
    assert fake.mails[0]["one_click_unsubscribe_url"] == link


async def test_another_key_is_refused_by_the_fake_and_asks_for_another_try(fake):
    other = notify_sender(fake.sender.url, KEY[:-1] + "9")
    assert await other.send(MESSAGE) == "again"
    assert fake.mails == []


@pytest.mark.parametrize(
    ("status", "taken"),
    [(400, "refused"), (404, "refused"), (403, "again"), (429, "again"), (500, "again"),
     (503, "again"), (502, "unknown"), (504, "unknown")],
)  # fmt: skip
async def test_what_an_answer_says_of_the_letter(fake, status, taken):
    fake.status = status
    assert await fake.sender.send(MESSAGE) == taken


async def test_a_line_that_breaks_after_the_words_went_out_is_not_tried_again(fake):
    fake.status = 0
    assert await fake.sender.send(MESSAGE) == "unknown"
    assert len(fake.mails) == 1


async def test_a_service_that_cannot_be_reached_may_be_tried_again():
    assert await notify_sender(f"http://127.0.0.1:{free_port()}").send(MESSAGE) == "again"


async def test_no_address_and_no_answer_of_the_service_is_logged(fake, caplog):
    caplog.set_level(logging.DEBUG)
    fake.status = 400
    await fake.sender.send(MESSAGE)
    assert "zoe" not in caplog.text
    assert "no address" not in caplog.text
