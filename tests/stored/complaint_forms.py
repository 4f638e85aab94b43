"""Submits a complaint, for tests that start from a case."""

import secrets

from api.operations import cases
from api.operations.cases import ONLINE, ComplaintSubmission
from api.security.keyring import Keyring, new_key

KEYRING = Keyring([new_key()])
WORDS = "They shone a red dot on my brother outside the bakery."
ANSWERS = {
    "narrative": WORDS,
    "allegations": ["use_of_force_taser", "incivility"],
    "concerning": "self",
}


async def create_case(db, *, contact=None, key=None, desk=ONLINE, area="Hackney", **answers):
    """Submit a complaint; its receipt."""
    sent = ComplaintSubmission(area=area, answers=ANSWERS | answers, contact=contact)
    return await cases.submit_complaint(db, KEYRING, sent, key or secrets.token_hex(8), desk)


# A case can only be decided and closed with a message to its owner.
CLOSING_MESSAGES = {
    "outcome": "This is what we found, and why.",
    "closed": "The case is closed now.",
}
