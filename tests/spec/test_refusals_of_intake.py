"""The errors that a program gets when an answer is not accepted. Read it as documentation.

Every refusal is problem+json (RFC 9457): `code` is stable and safe to match on; `detail` says
what is wrong, `remedy` what to do; `faults`, where there are any, name each question.
"""

import msgspec
import pytest

from survey.store.surveys import instruments
from survey.surveys.ready import load_ready_instruments

OPEN = "/api/v1/surveys/feedback/responses"
SAMPLED = "/api/v1/surveys/taser-trial/responses"
CASES = "/api/v1/complaints"
SAID = {"subject": "taser", "story": "They explained it."}

# what is sent | where | status | code | the sentence
TABLE = [
    (
        "no borough and no postcode",
        OPEN, {"answers": SAID},
        422, "borough.needed", "We need to know which borough this is about.",
    ),
    (
        "a borough of another city",
        OPEN, {"borough": "Leeds", "answers": SAID},
        422, "area.unknown", "'Leeds' is not a known area.",
    ),
    (
        "an area in which nobody lives",
        OPEN, {"borough": "Heathrow", "answers": SAID},
        422, "area.unknown", "'Heathrow' is not a known area.",
    ),
    (
        "a postcode of another city",
        OPEN, {"postcode": "LS1 1UR", "answers": SAID},
        422, "postcode.unknown", "'LS1 1UR' is not a postcode in this city.",
    ),
    (
        "half a postcode that boroughs share",
        OPEN, {"postcode": "E1", "answers": SAID},
        422, "postcode.ambiguous", "'E1' is in a district that several boroughs share.",
    ),
    (
        "a required answer left out",
        OPEN, {"borough": "Hackney", "answers": {"subject": "taser"}},
        422, "answers.invalid", "story: needs an answer",
    ),
    (
        "an option that was not offered",
        OPEN, {"borough": "Hackney", "answers": SAID | {"subject": "weather"}},
        422, "answers.invalid", "subject: needs one of the options offered",
    ),
    (
        "a question of another survey",
        OPEN, {"borough": "Hackney", "answers": SAID | {"listens": 5}},
        422, "answers.invalid", "listens: is not a question in this survey",
    ),
    (
        "more words than there is room for",
        OPEN, {"borough": "Hackney", "answers": SAID | {"story": "x" * 5_001}},
        422, "answers.invalid", "story: needs 5,000 characters at most; there are 5,001",
    ),
    (
        "a sign that cannot be shown",
        OPEN, {"borough": "Hackney", "answers": SAID | {"story": "a\0b"}},
        422, "answers.invalid", "story: has characters that cannot be printed",
    ),
    (
        "a sampled survey without its code",
        SAMPLED, {"borough": "Hackney", "answers": {"listens": 5}},
        422, "access_code.needed",
        "This survey is for people who were chosen at random and sent an access code.",
    ),
    (
        "a code that nobody was sent",
        SAMPLED, {"borough": "Hackney", "access_code": "AAAA-2222", "answers": {"listens": 5}},
        422, "access_code.unknown", "This access code is wrong, or was used before.",
    ),
    (
        "a point beyond the five",
        SAMPLED, {"borough": "Hackney", "access_code": "AAAA-2222", "answers": {"listens": 6}},
        422, "answers.invalid", "listens: needs a whole number from 1 to 5",
    ),
    (
        "a survey that does not exist",
        "/api/v1/surveys/weather/responses", {"borough": "Hackney", "answers": {}},
        404, "survey.unknown", "There is no survey called 'weather'.",
    ),
    (
        "a survey that was closed",
        "/api/v1/surveys/closed/responses", {"borough": "Hackney", "answers": SAID},
        410, "survey.closed", "The survey 'closed' is closed.",
    ),
    (
        "a complaint at the survey's address",
        "/api/v1/surveys/complaint/responses", {"borough": "Hackney", "answers": {}},
        422, "complaint.elsewhere",
        "A complaint has its own address, so that you can follow it.",
    ),
    (
        "a complaint about tomorrow",
        CASES, {"borough": "Hackney", "answers": {
            "narrative": "x", "allegations": ["incivility"], "happened_on": "2999-01-01"}},
        422, "answers.invalid", "happened_on: needs a date that is not in the future",
    ),
    (
        "a complaint about nothing",
        CASES, {"borough": "Hackney", "answers": {}},
        422, "answers.invalid", "narrative: needs an answer",
    ),
    (
        "a field that is not ours",
        OPEN, {"borough": "Hackney", "answers": SAID, "received_at": "2007-12-10"},
        400, "request.malformed", "This request could not be read.",
    ),
]  # fmt: skip


@pytest.fixture
async def closed(db):
    """A survey that was open and is now closed."""
    feedback = next(one for one in load_ready_instruments() if one.slug == "feedback")
    await instruments.insert(db.the_connection, msgspec.structs.replace(feedback, slug="closed"))
    await instruments.set_closed(db.the_connection, "closed", closed=True)


@pytest.mark.parametrize(
    ("url", "sent", "status", "code", "sentence"),
    [row[1:] for row in TABLE],
    ids=[row[0] for row in TABLE],
)
async def test_a_refusal_says_what_is_wrong(client, closed, url, sent, status, code, sentence):
    answer = await client.post(url, json=sent)
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["detail"]) == (status, code, sentence)
    assert problem["remedy"]


async def test_every_fault_is_reported_at_once(client):
    sent = {"borough": "Hackney", "answers": {"subject": "weather", "extra": 1}}
    problem = (await client.post(OPEN, json=sent)).json()
    assert {fault["where"] for fault in problem["faults"]} == {"extra", "subject", "story"}


async def test_the_boroughs_that_share_a_postcode_are_named(client):
    problem = (await client.post(OPEN, json={"postcode": "E1", "answers": SAID})).json()
    assert {"where": "E09000030", "sentence": "Tower Hamlets"} in problem["faults"]
