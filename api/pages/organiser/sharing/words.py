"""Ready words to send, in each language of the survey."""

from collections.abc import Mapping, Sequence
from urllib.parse import quote

import msgspec

from api.pages.templating import text_direction, use_language
from api.translating import gettext, ngettext
from survey.formats.languages import ENGLISH_NAMES
from survey.surveys.instruments import Instrument, wording_text


class Message(msgspec.Struct, frozen=True):
    """The words to send in one language, and links that open WhatsApp and a mail with them."""

    code: str
    language: str
    direction: str
    text: str
    whatsapp: str
    mail: str


def messages(
    instrument: Instrument, languages: Sequence[str], minutes: int, links: Mapping[str, str]
) -> list[Message]:
    return [message(instrument, code, minutes, links) for code in languages]


def message(instrument: Instrument, code: str, minutes: int, links: Mapping[str, str]) -> Message:
    title = wording_text(instrument.title, code)
    with use_language(code):
        asks = gettext("%(name)s is asking.") % {"name": instrument.organisation}
        long = ngettext(
            "It takes about %(num)d minute.", "It takes about %(num)d minutes.", minutes
        )
        said = [asks] if instrument.organisation else []
        body = "\n".join([title, " ".join([*said, long % {"num": minutes}]), ""])
    whatsapp, mail, plain = (body + links[kind] for kind in ("whatsapp", "mail", "link"))
    lines = mail.replace("\n", "\r\n")  # as mail programs read it
    return Message(
        code=code,
        language=ENGLISH_NAMES.get(code, code),
        direction=text_direction(code),
        text=plain,
        whatsapp="https://wa.me/?text=" + quote(whatsapp),
        mail=f"mailto:?subject={quote(title)}&body={quote(lines)}",
    )
