"""How to reach a person who complained: optional, as fields of a page and back."""

import msgspec

from api.pages.resident.fields import Values, first
from api.pages.translating import gettext
from api.pages.work import tidy
from survey.contacts import Contact, faults_of

Errors = list[tuple[str, str]]
MOST = {"address": 500}


def fields_of(contact: Contact | None) -> Values:
    return {k: [v] for k, v in msgspec.structs.asdict(contact or Contact()).items() if v}


def contact_in(values: Values) -> Contact | None:
    """None where every field was left empty."""
    names = [field.name for field in msgspec.structs.fields(Contact)]
    typed = {name: tidy(first(values, name))[: MOST.get(name, 200)] for name in names}
    return Contact(**typed) if any(typed.values()) else None


def errors_of(contact: Contact | None) -> Errors:
    said = {
        "email": gettext("Enter an email address, such as name@example.org, or leave it empty"),
        "phone": gettext("Enter a phone number, or leave it empty"),
    }
    if contact and not (contact.email or contact.phone or contact.address):
        return [
            (
                "email",
                gettext("Enter an email address, a phone number or an address, or leave all empty"),
            )
        ]
    return [(fault.where, said[fault.where]) for fault in faults_of(contact or Contact())]
