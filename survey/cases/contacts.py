"""How a complainant can be reached: optional, and asked only once."""

import re
from typing import Annotated, Protocol

import msgspec

from survey.problems import Fault, Invalid, Unavailable

# Narrower than the standard: without what a mail server might read as a route, a comment, several
# addresses or an encoded word.
ATOM = r"[A-Za-z0-9#$&'*+/^_`{|}~-]+"
LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
# 64 and 254 characters are the limits of RFC 5321; no IP address passes for the last label.
EMAIL = re.compile(
    rf"(?=.{{3,254}}$)(?=[^@]{{1,64}}@){ATOM}(?:\.{ATOM})*@(?:{LABEL}\.)+[A-Za-z]{LABEL}"
)
PHONE = re.compile(r"\+?[0-9 ()./-]{6,30}")
Line = Annotated[str, msgspec.Meta(max_length=200)]
Lines = Annotated[str, msgspec.Meta(max_length=500)]


class Contact(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Name, ways to reach somebody, and language; encrypted as soon as it is read."""

    name: Line = ""
    email: Line = ""
    phone: Line = ""
    address: Lines = ""
    language: Line = ""


def is_email(text: str) -> bool:
    """Whether this is an email address that mail can be sent to: one rule for subscribers, contacts
    and accounts.
    """
    return bool(EMAIL.fullmatch(text))


def contact_faults(contact: Contact) -> list[Fault]:
    faults = []
    if contact.email and not is_email(contact.email):
        faults.append(Fault("email", "needs an email address such as name@example.org"))
    if contact.phone and not PHONE.fullmatch(contact.phone):
        faults.append(Fault("phone", "needs a telephone number of 6 to 30 digits"))
    reached = contact.email or contact.phone or contact.address
    if (contact.name or contact.language) and not reached:
        faults.append(Fault("email", "is needed, or a telephone number or an address"))
    return faults


def check_contact(contact: Contact) -> Contact | None:
    """The contact if it can be used, None if everything is empty; raises if it has faults."""
    if faults := contact_faults(contact):
        raise bad_contact(faults)
    return contact if contact != Contact() else None


def bad_contact(faults: list[Fault]) -> Invalid:
    return Invalid(
        "contact.invalid",
        f"{faults[0].where}: {faults[0].sentence}",
        "Correct it, or leave it out: contact details are optional. Nothing was saved.",
        tuple(faults),
    )


undecrypted_contact = Unavailable.of(
    "contact.sealed",
    "{why}.",
    "Give every key that was ever used in SOUNDINGS_CONTACT_KEYS, the newest first.",
)


class Sealer(Protocol):
    """Encrypts with the newest key and decrypts with any of its keys; raises if none of them
    fits.
    """

    def seal_text(self, words: str) -> str: ...

    def unseal_text(self, sealed: str) -> str: ...

    def seal_file(self, body: bytes) -> bytes: ...

    def unseal_file(self, sealed: bytes) -> bytes: ...
