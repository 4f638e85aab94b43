"""Ways to a survey: short links with their counts, phones of collectors, and a kiosk."""

import base64
import datetime
import ipaddress
import secrets
import zlib
from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from urllib.parse import quote, urlsplit
from uuid import UUID

import msgspec
import segno
from litestar import Response, get, post
from litestar.params import PathParameter
from litestar.response import Redirect, Template

from analysis.disclosure import FEWEST_TO_COUNT, rounded_base
from api import clock
from api.dependencies import FromKeyring, Slug
from api.locales import gettext, ngettext
from api.look import COLOUR
from api.openrosa import KEY_PATH
from api.operations import survey_rights
from api.operations.answers import kiosks, phone_answers
from api.pages.filters import text_direction
from api.pages.forms import Form
from api.pages.organiser.builder.drafts import survey_address
from api.pages.resident import kiosk_form
from api.pages.shell import AnyRequest, use_language
from api.pages.work import FromPage, StaffPage, StaffRequest
from api.security.keyring import Keyring
from api.security.people import key_digest
from api.security.requests import site_address
from survey.formats.languages import ENGLISH_NAMES
from survey.problems import NotFound
from survey.store.surveys import fieldwork, limits, sharing
from survey.store.surveys.fieldwork import CollectorGroup
from survey.surveys.instruments import Instrument, all_parts, wording_text
from survey.surveys.sharing import Way, WayKind, WayWeek

WAY_NAMES: dict[WayKind, str] = {
    "address": "Full address, or the list of surveys",
    "link": "Short link",
    "poster": "Poster and QR code",
    "card": "Cards",
    "whatsapp": "WhatsApp",
    "mail": "Email",
    "embed": "Another website",
}
LONGEST_NAME = 80
MOST_GROUPS = 200
GroupId = Annotated[UUID, PathParameter()]


def public_base(request: AnyRequest) -> str:
    """The public address of this installation, from its settings; else that of the request."""
    return survey_address(request, "").removesuffix("/surveys/")


def short_link(request: AnyRequest, way: Way) -> str:
    return f"{public_base(request)}/s/{way.code}"


def is_local(request: AnyRequest) -> bool:
    """Whether the address works on this computer only, so that it is no use on a poster."""
    host = urlsplit(public_base(request)).hostname or ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return address.is_loopback or address.is_unspecified


class WayRow(msgspec.Struct, frozen=True):
    """A way to a survey, with how many people began and how many sent, as rounded for the page."""

    name: str
    begun: str
    sent: str
    code: str = ""
    link: str = ""


def way_name(way: Way) -> str:
    return way.name or WAY_NAMES[way.kind]


def count_in_words(count: int) -> str:
    """A count rounded for the page. A way may be named for one person and used by nobody else: so
    zero too is "fewer than 10", or the first count would say that this person came.
    """
    shown = rounded_base(count)
    return f"Fewer than {FEWEST_TO_COUNT}" if shown is None else f"{shown:,} or more"


def count_ways(request: AnyRequest, ways: list[Way], weeks: list[WayWeek]) -> list[WayRow]:
    return [
        WayRow(
            name=way_name(way),
            begun=count_in_words(sum(week.begun for week in weeks if week.code == way.code)),
            sent=count_in_words(sum(week.sent for week in weeks if week.code == way.code)),
            code=way.code,
            link="" if way.kind == "address" else short_link(request, way),
        )
        for way in ways
    ]


def count_weeks(ways: list[Way], weeks: list[WayWeek]) -> list[tuple[datetime.date, str, str, str]]:
    """The weeks and ways on which ten or more began, with how many began and sent."""
    names = {way.code: way_name(way) for way in ways}
    return [
        (week.week, names[week.code], count_in_words(week.begun), count_in_words(week.sent))
        for week in weeks
        if week.begun >= FEWEST_TO_COUNT
    ]


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


async def groups_page(page: FromPage, slug: Slug) -> Template:
    async with page.connection() as connection:
        instrument, closed = await survey_rights.get_survey(
            connection, page.person, "collect", slug
        )
        groups = await fieldwork.load_groups(connection, slug)
        limited = await limits.find(connection, slug)
    return page.show(
        "surveys/phones",
        instrument=instrument,
        is_open=not closed and instrument.is_open(clock.today()),
        groups=[(group, count_in_words(group.answers)) for group in groups],
        by_code=limited is not None and limited.one_each == "code",
        left_out=[
            wording_text(question.text) or question.name
            for question in [part for part in all_parts(instrument.items) if not part.is_supported]
        ],
    )


@post("/work/surveys/{slug:str}/phones")
async def add_group(page: FromPage, keyring: FromKeyring, slug: Slug) -> Response[Any]:
    async with page.connection() as connection:
        instrument, _ = await survey_rights.get_survey(connection, page.person, "collect", slug)
        limited = await limits.find(connection, slug)
        names = [
            group.name
            for group in await fieldwork.load_groups(connection, slug)
            if not group.revoked
        ]
    phone_answers.check_may_collect(instrument, limited)
    name = require_group_name(page.form, names)
    if page.form.errors:
        return await groups_page(page, slug)
    group = await save_group(page, keyring, slug, name)
    return page.to(f"/work/surveys/{slug}/phones/{group}")


def require_group_name(form: Form, names: list[str]) -> str:
    """The name that was typed, with an error at its field if no group can be called so."""
    name = " ".join(form["name"].split())
    form.require(name, "name", "Enter a name")
    form.require(len(name) <= LONGEST_NAME, "name", f"Enter {LONGEST_NAME} characters at most")
    form.require(name not in names, "name", "This name exists: choose another name")
    form.require(len(names) < MOST_GROUPS, "name", "Revoke one that is not needed any more")
    return name


async def save_group(page: StaffRequest, keyring: Keyring, slug: str, name: str) -> str:
    """Add a group with its own key; returns the id."""
    key = secrets.token_urlsafe(32)
    sealed = keyring.seal_text(key)
    async with page.write("collectors added", slug) as connection:
        return await fieldwork.insert_group(connection, slug, name, key_digest(key), sealed)


def open_group(
    group: CollectorGroup | None, keyring: Keyring, base: str
) -> tuple[CollectorGroup, str]:
    """The group, and the address that its key makes under `base`, or '' if the key was revoked or
    cannot be decrypted; raises if there is no group.
    """
    if group is None:
        raise unknown_group()
    key = None if group.revoked else keyring.unseal_words(group.sealed_key)
    return group, base + key.decode() if key else ""


@get("/work/surveys/{slug:str}/phones/{group:uuid}")
async def show_group(page: FromPage, keyring: FromKeyring, slug: Slug, group: GroupId) -> Template:
    async with page.connection() as connection:
        instrument, _ = await survey_rights.get_survey(connection, page.person, "collect", slug)
        stored = await fieldwork.find_group(connection, slug, str(group))
    collector_group, address = open_group(stored, keyring, site_address(page.request) + KEY_PATH)
    code = settings_code(address, instrument, collector_group) if address else None
    return page.show(
        "surveys/phone_group",
        instrument=instrument,
        group=collector_group,
        sent=count_in_words(collector_group.answers),
        address=address,
        picture=code.svg_data_uri(scale=6, border=4) if code else "",
        file=code.png_data_uri(scale=12, border=4) if code else "",
    )


def settings_code(address: str, instrument: Instrument, group: CollectorGroup) -> segno.QRCode:
    """The QR code from which ODK Collect sets itself up: which server, and how to send."""
    name = wording_text(instrument.title)
    settings = {
        "general": {
            "server_url": address,
            "form_update_mode": "match_exactly",
            "autosend": "wifi_and_cellular",
            # Answers that were sent are nobody's business on a phone that may be lost.
            "delete_send": True,
        },
        "admin": {},
        "project": {
            "name": f"{name[:30]} – {group.name[:30]}",
            "icon": name[:1].upper(),
            "color": COLOUR["brand"],
        },
    }
    content = base64.b64encode(zlib.compress(msgspec.json.encode(settings), 9)).decode()
    return segno.make_qr(content, error="L")


@post("/work/surveys/{slug:str}/phones/{group:uuid}/revoke")
async def revoke_group(page: FromPage, slug: Slug, group: GroupId) -> Redirect:
    await save_revoked(page, slug, group)
    return page.to(f"/work/surveys/{slug}/phones", "revoked")


async def save_revoked(page: StaffRequest, slug: str, group: UUID) -> None:
    """Revoke the address of a group; raises if there is none, or it is revoked already."""
    async with page.write("collectors revoked", slug) as connection:
        await survey_rights.require_right(connection, page.person, "collect", slug)
        if await fieldwork.revoke_group(connection, slug, str(group)) is None:
            raise unknown_group()


unknown_group = NotFound.of(
    "collectors.unknown",
    "There is no such group, or its address is revoked already.",
    "Go back to the list of groups.",
)


@get("/work/surveys/{slug:str}/kiosk")
async def show_survey_kiosk(page: FromPage, slug: Slug) -> Template:
    async with page.connection() as connection:
        instrument, closed = await survey_rights.get_survey(connection, page.person, "close", slug)
        kiosk = await sharing.find_kiosk(connection, slug)
        limited = await limits.find(connection, slug)
    return page.show(
        "surveys/kiosk",
        instrument=instrument,
        closed=closed,
        kiosk=kiosk,
        address=f"{site_address(page.request)}/kiosk/{kiosk.token}" if kiosk else "",
        why_not=kiosk_form.why_not(instrument, limited.one_each if limited else "none"),
    )


@post("/work/surveys/{slug:str}/kiosk")
async def save_survey_kiosk(page: FromPage, slug: Slug) -> Redirect:
    """Make the link of the kiosk, or end it."""
    ends = "end" in page.form
    act = "kiosk ended" if ends else "kiosk made"
    async with page.write(act, slug) as connection:
        await survey_rights.require_right(connection, page.person, "close", slug)
        if ends:
            await sharing.delete_kiosk(connection, slug)
        else:
            await sharing.insert_kiosk(connection, kiosks.new_kiosk(slug))
    return page.to(f"/work/surveys/{slug}/kiosk", "ended" if ends else "made")


PAGES = [
    StaffPage(
        [get("/work/surveys/{slug:str}/phones")(groups_page), add_group, show_group, revoke_group],
        linked_from="/work/surveys/{slug:str}",
    ),
    StaffPage([show_survey_kiosk, save_survey_kiosk], linked_from="/work/surveys/{slug:str}"),
]
