"""The complainant's contact details (optional): to and from form fields."""

import msgspec

from api.pages.forms import Form, Values
from api.translating import gettext
from survey.cases.contacts import Contact, contact_faults

FIELD_LIMITS = {"address": 500}


def contact_fields(contact: Contact | None) -> Values:
    return {k: [v] for k, v in msgspec.structs.asdict(contact or Contact()).items() if v}


def parse_contact(form: Form) -> Contact | None:
    """The contact details that were typed; None if all fields were left empty."""
    names = [field.name for field in msgspec.structs.fields(Contact)]
    typed = {name: form[name][: FIELD_LIMITS.get(name, 200)] for name in names}
    return Contact(**typed) if any(typed.values()) else None


def check_contact(form: Form, contact: Contact | None) -> None:
    said = {
        "email": gettext("Enter an email address, such as name@example.org, or leave it empty"),
        "phone": gettext("Enter a phone number, or leave it empty"),
    }
    # A name alone cannot be used to reach anybody, so there is no reason to store it.
    if contact and not (contact.email or contact.phone or contact.address):
        wanted = gettext("Enter an email address, a phone number or an address, or leave all empty")
        form.add_error("email", wanted)
        return
    for fault in contact_faults(contact or Contact()):
        form.add_error(fault.where, said[fault.where])
