"""Webhooks: the events that a program of somebody else is notified of, and what a message says."""

import datetime
import uuid
from typing import Literal

import msgspec

from survey.problems import Conflict, NotFound
from survey.surveys.ready import COMPLAINT

TEST_EVENT = "webhook.test"
RESPONSE_EVENTS = {
    "response.created": "An answer is sent",
    "response.changed": "An answer is changed",
    "response.erased": "An answer is erased",
}
CASE_EVENTS = {
    "case.created": "A complaint is made",
    "case.changed": "Anything happens to a case",
    "case.status": "The status of a case changes",
    "case.erased": "A case is erased",
}
EVENT_WORDS = {TEST_EVENT: "A test message", **RESPONSE_EVENTS, **CASE_EVENTS}
WebhookState = Literal["on", "off", "failing", "gone", "forbidden"]
STATE_SENTENCES: dict[WebhookState, str] = {
    "on": "Messages are sent.",
    "off": "It is switched off. What happens meanwhile is not sent later.",
    "failing": "It was switched off, because every try failed for three days.",
    "gone": "It was switched off, because the other side said that the address is gone (410).",
    "forbidden": "It was switched off, because whoever added it may not do so any more.",
}
MOST_WEBHOOKS = 10  # of a survey
MOST_TRIES = 12  # of a message: by then some three days have gone
FAILS_FOR = datetime.timedelta(days=3)
# After the first failure, the second and so on; then always the last.
PAUSES = tuple(
    datetime.timedelta(minutes=minutes) for minutes in (1, 5, 30, 2 * 60, 5 * 60, 10 * 60)
)


class MessageData(msgspec.Struct, frozen=True):
    """What a message is about: no answer and no person."""

    id: uuid.UUID
    survey: str


class MessageBody(msgspec.Struct, frozen=True):
    """The body of a message, in the form that Standard Webhooks recommends."""

    type: str
    timestamp: datetime.datetime
    data: MessageData


OUTCOME_SENTENCES = {
    "address": "The address cannot be reached from here",
    "timeout": "No answer within ten seconds",
    "connection": "The connection failed",
    "secret": "The secret cannot be opened: add the webhook again",
}


def outcome_sentence(word: str) -> str:
    """The outcome of a try in words: the status, and for a redirect that we do not follow it."""
    if word.startswith("3"):
        return f"Answered {word}: we do not follow to another address"
    return OUTCOME_SENTENCES.get(word, f"Answered {word}" if word else "")


def event_choices(slug: str) -> dict[str, str]:
    """The events of a survey, or those of cases for the complaint form, each in words."""
    return CASE_EVENTS if slug == COMPLAINT else RESPONSE_EVENTS


unknown_webhook = NotFound.of(
    "webhook.unknown", "There is no such webhook or message.", "Go back to the list."
)
too_many_webhooks = Conflict.of(
    "webhook.too_many",
    f"This survey has {MOST_WEBHOOKS} webhooks.",
    "Delete one that is not needed any more.",
)
