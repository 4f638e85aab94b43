"""A complaint as somebody lodged it, for tests that begin with a case."""

import secrets

from api import lodging
from api.keys import Keyring, new_key
from api.lodging import ONLINE, Lodged

KEYRING = Keyring([new_key()])
WORDS = "They shone a red dot on my brother outside the bakery."
ANSWERS = {
    "narrative": WORDS,
    "allegations": ["use_of_force_taser", "incivility"],
    "concerning": "self",
}


async def lodged(db, *, contact=None, key=None, desk=ONLINE, borough="Hackney", **answers):
    """The receipt of a new case."""
    sent = Lodged(borough=borough, answers=ANSWERS | answers, contact=contact)
    return await lodging.lodge(db, KEYRING, sent, key or secrets.token_hex(8), desk)


# A case is decided and closed only with words that its owner reads.
EXPLAINED = {"outcome": "This is what we found, and why.", "closed": "The case is closed now."}
