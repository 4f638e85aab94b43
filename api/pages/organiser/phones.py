"""Groups of people who collect answers with phones: added, shown with their QR code, revoked."""

import base64
import secrets
import zlib
from typing import Annotated, Any
from uuid import UUID

import msgspec
import segno
from litestar import Response, get, post
from litestar.params import PathParameter
from litestar.response import Redirect, Template

from api import clock
from api.dependencies import FromKeyring, Slug
from api.openrosa import KEY_PATH
from api.operations import survey_rights
from api.operations.answers import phone_answers
from api.pages.forms import Form
from api.pages.organiser.sharing.words import count_in_words
from api.pages.registry import StaffPage
from api.pages.work import FromPage, StaffRequest
from api.security.keyring import Keyring
from api.security.people import key_digest
from api.security.requests import site_address
from survey.formats.xform import questions_left_out
from survey.problems import NotFound
from survey.store.surveys import fieldwork, limits
from survey.store.surveys.fieldwork import CollectorGroup
from survey.surveys.instruments import Instrument, wording_text

LONGEST_NAME = 80
MOST_GROUPS = 200
BRAND_COLOUR = "#3d1f5c"
GroupId = Annotated[UUID, PathParameter()]


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
        groups=[(one, count_in_words(one.answers)) for one in groups],
        by_code=limited is not None and limited.one_each == "code",
        left_out=[wording_text(one.text) or one.name for one in questions_left_out(instrument)],
    )


@post("/work/surveys/{slug:str}/phones")
async def add_group(page: FromPage, keyring: FromKeyring, slug: Slug) -> Response[Any]:
    async with page.connection() as connection:
        instrument, _ = await survey_rights.get_survey(connection, page.person, "collect", slug)
        limited = await limits.find(connection, slug)
        names = [
            one.name for one in await fieldwork.load_groups(connection, slug) if not one.revoked
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
    """Add a group with a key of its own; its id."""
    key = secrets.token_urlsafe(32)
    sealed = keyring.seal_text(key)
    async with page.write("collectors added", slug) as connection:
        return await fieldwork.insert_group(connection, slug, name, key_digest(key), sealed)


def open_group(
    found: CollectorGroup | None, keyring: Keyring, base: str
) -> tuple[CollectorGroup, str]:
    """The group, with the address under `base` that its key makes, or '' if none opens any more;
    raises if there is no such group.
    """
    if found is None:
        raise unknown_group()
    key = None if found.revoked else keyring.unseal_words(found.sealed_key)
    return found, base + key.decode() if key else ""


@get("/work/surveys/{slug:str}/phones/{group:uuid}")
async def show_group(page: FromPage, keyring: FromKeyring, slug: Slug, group: GroupId) -> Template:
    async with page.connection() as connection:
        instrument, _ = await survey_rights.get_survey(connection, page.person, "collect", slug)
        stored = await fieldwork.find_group(connection, slug, str(group))
    found, address = open_group(stored, keyring, site_address(page.request) + KEY_PATH)
    code = settings_code(address, instrument, found) if address else None
    return page.show(
        "surveys/phone_group",
        instrument=instrument,
        group=found,
        sent=count_in_words(found.answers),
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
            "color": BRAND_COLOUR,
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


PAGES = [
    StaffPage(
        [get("/work/surveys/{slug:str}/phones")(groups_page), add_group, show_group, revoke_group],
        linked_from="/work/surveys/{slug:str}",
    )
]
