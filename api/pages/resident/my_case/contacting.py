"""The complainant's contact details (optional): to and from form fields."""

import msgspec

from api.pages.resident.questionnaire.fields import Values, first_value
from api.pages.translating import gettext
from api.pages.work import clean_text
from survey.cases.contacts import Contact, contact_faults

Errors = list[tuple[str, str]]
FIELD_LIMITS = {"address": 500}


def contact_fields(contact: Contact | None) -> Values:
    return {k: [v] for k, v in msgspec.structs.asdict(contact or Contact()).items() if v}


def parse_contact(values: Values) -> Contact | None:
    """The contact details that were typed; None if all fields were left empty."""
    names = [field.name for field in msgspec.structs.fields(Contact)]
    typed = {
        name: clean_text(first_value(values, name))[: FIELD_LIMITS.get(name, 200)] for name in names
    }
    return Contact(**typed) if any(typed.values()) else None


def contact_errors(contact: Contact | None) -> Errors:
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
    return [(fault.where, said[fault.where]) for fault in contact_faults(contact or Contact())]
