"""Whatever a stranger sends, up to the largest size that is taken, others are served meanwhile.

The addresses are those of the application: a new one is tried by itself. The deadline is a second
of this process's work without a turn of the event loop, so a busy machine does not matter.
"""

import pytest

from api.security.sent_forms import require_file, require_json
from survey.store.surveys import sharing
from survey.store.surveys.sharing import Kiosk
from tests.api.pages.forms import token_on
from tests.api.pages.resident.test_following import open_case
from tests.api.pages.survey_of_everything import EVERYTHING
from tests.api.routes.test_odata import make_key
from tests.api.security import hostile_bodies as hostile
from tests.people import JOAN
from tests.stored import fieldwork
from tests.stored.complaint_forms import create_case
from tests.turns import watch_turns

TOKEN = "kiosk-of-the-hostile--"
MOST_SLOW, MOST_LONG = 300_000, 100_000_000
MOST_HEAD = 30_000  # the server takes no longer head
WRITING = ("POST", "PUT", "PATCH", "DELETE")
TAKEN_OR_REFUSED = {*range(200, 500), 503}  # 503: here is no mail server


def stranger_routes(app, *methods):
    """(method, handler, address with its places) of each route that is not only for staff."""
    return [
        (method, handler, route.path_format)
        for route in app.routes
        for method, (handler, _) in getattr(route, "route_handler_map", {}).items()
        if method in methods and not route.path_format.startswith("/work")
    ]


def bodies_for(handler, size, token):
    """(name, headers, body) of each hostile body that this route may take."""
    guards = handler.resolve_guards()
    if require_json in guards:
        for name, body in hostile.jsons(size, token).items():
            yield name, hostile.JSON, body[:size].encode()
    elif require_file in guards:
        for name, (kind, body) in hostile.files(size, token).items():
            yield name, {"content-type": kind}, body
    else:
        for name, body in hostile.forms(size, token).items():
            yield name, hostile.FORM, body.encode()
        for name, body in hostile.multiparts(size, token).items():
            yield name, hostile.MULTIPART, body


@pytest.fixture
async def places(db, client, signed_in, open_phone):
    """What stands in each place of an address, so that each leads as far as a stranger comes."""
    phone = await open_phone(EVERYTHING)
    connection = db.the_connection
    await sharing.insert_kiosk(connection, Kiosk("everything", TOKEN, "123456"))
    await fieldwork.insert_survey(connection)
    visiting = await fieldwork.add_points(await signed_in(JOAN))
    await open_case(client, await create_case(db))
    await client.post("/complaints")
    await client.post("/complaints/borough", data={"answer": "E09000012"})
    await client.post("/surveys/everything", data={"answer": "E09000012"})

    def filled(address):
        keys = {"/key/": phone.address.rpartition("/")[2], "/visits/": visiting.rpartition("/")[2]}
        key = next((key for base, key in keys.items() if address.startswith(base)), "k" * 43)
        what = {"key": key, "slug": "everything", "token": TOKEN, "reference": "A001"}
        what |= {"step": "narrative" if address.startswith("/complaints") else "why"}
        what |= {"language": "en", "kind": "weekly", "start": "2026-01-05", "version": "1"}
        rest = {"code": "E09000012", "name": "Answers", "theme": "young-people", "page": "us"}
        rest |= {"meeting": "0" * 32, "ident": "0" * 32, "file": "x.svg", "path": "x", "tag": "t"}
        return address.format_map(what | rest | {"measure": "use_rate", "file_path": "app.css"})

    return filled


async def send_hostile(client, place, handler, size):
    """The places where the event loop stood still, by what was sent."""
    item = "?item=evidence" if "attachments" in place else ""
    token = await token_on(client, "/sign-in")
    found = {}
    for name, headers, body in bodies_for(handler, size, token):
        with watch_turns() as stuck:
            sent = await client.post(place + item, content=body, headers=headers)
            assert (await client.get("/health/live")).status_code == 200
        assert sent.status_code in TAKEN_OR_REFUSED, (place, name, sent.status_code, sent.text)
        if stuck:
            found[name] = stuck
    return found


async def try_all_writes(app, client, places, most):
    return {
        address: stuck
        for _, handler, address in stranger_routes(app, *WRITING)
        if (
            stuck := await send_hostile(
                client,
                places(address),
                handler,
                min(most, handler.resolve_request_max_body_size() or 0),
            )
        )
    }


@pytest.mark.slow
async def test_nobody_waits_for_what_is_sent(app, client, places):
    assert len(stranger_routes(app, *WRITING)) > 40
    assert await try_all_writes(app, client, places, MOST_SLOW) == {}


@pytest.mark.long
async def test_nobody_waits_for_the_largest_that_may_be_sent(app, client, places):
    assert await try_all_writes(app, client, places, MOST_LONG) == {}


async def test_nobody_waits_for_what_is_asked(app, client, places, db):
    key = await make_key(db)
    found = {}
    for _, _, address in stranger_routes(app, "GET"):
        headers = hostile.hostile_heads(MOST_HEAD)
        if "odata" in address:
            headers["authorization"] = f"Bearer {key}"
        with watch_turns() as stuck:
            query = hostile.hostile_query(MOST_HEAD)
            answer = await client.get(f"{places(address)}?{query}", headers=headers)
            assert (await client.get("/health/live")).status_code == 200
        assert answer.status_code in TAKEN_OR_REFUSED, (address, answer.text)
        if stuck:
            found[address] = stuck
    assert found == {}
