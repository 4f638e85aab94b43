"""Forms of phones that are made to take the reader long: refused, and nobody else waits."""

import pytest
from lxml import etree

from survey.formats.xform import MOST_XML_BYTES, read_filled_form
from survey.problems import Malformed
from tests.api.pages.survey_of_everything import EVERYTHING
from tests.phones import new_id
from tests.turns import watch_turns

HEAD = f'<data id="everything" version="1"><meta><instanceID>{new_id()}</instanceID></meta>'
ROOM = MOST_XML_BYTES - 1_000
MANY = {
    "attributes": HEAD + "<a " + " ".join(f'a{n}=""' for n in range(80_000)) + "/></data>",
    "namespaces": HEAD
    + "<a "
    + " ".join(f'xmlns:a{n}="u{n}"' for n in range(40_000))
    + "/></data>",
    "attributes of namespaces": HEAD
    + '<a xmlns:j="u" '
    + " ".join(f'j:a{n}=""' for n in range(70_000))
    + "/></data>",
    "elements": HEAD + "<a/>" * (ROOM // 4) + "</data>",
    "elements of one question": HEAD + "<why/>" * (ROOM // 6) + "</data>",
    "rounds": HEAD + "<seen><what/></seen>" * (ROOM // 20) + "</data>",
    "depth": HEAD + "<a>" * (ROOM // 7) + "</a>" * (ROOM // 7) + "</data>",
    "text": HEAD + "<why>" + "x " * (ROOM // 2) + "</why></data>",
}


@pytest.mark.parametrize("what", MANY)
async def test_nobody_waits_while_a_form_full_of_one_thing_is_read(open_phone, what):
    phone = await open_phone(EVERYTHING)
    assert len(MANY[what]) <= MOST_XML_BYTES
    with watch_turns() as stuck:
        sent = await phone.send(MANY[what].encode())
        health = await phone.client.get("/health")
    assert 400 <= sent.status_code < 500, sent.text
    assert health.status_code == 200
    assert stuck == []


async def test_an_element_with_more_attributes_than_any_program_writes_is_refused(open_phone):
    phone = await open_phone(EVERYTHING)
    body = HEAD + "<a " + " ".join(f'a{n}=""' for n in range(101)) + "/></data>"
    sent = await phone.send(body.encode())
    assert sent.status_code == 400
    assert "more than 100 attributes" in etree.fromstring(sent.content).findtext("{*}message")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8", "utf-7"])
def test_a_document_type_is_refused_in_any_encoding(encoding):
    form = f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE data>{HEAD}</data>'
    with pytest.raises(Malformed):
        read_filled_form(form.encode(encoding))


async def test_a_form_that_takes_too_long_to_read_is_refused(open_phone, monkeypatch):
    from api.process import long_work

    phone = await open_phone(EVERYTHING)
    monkeypatch.setattr(long_work, "DEADLINE_S", 0)
    sent = await phone.send(f"{HEAD}</data>".encode())
    assert sent.status_code == 503
    assert sent.headers["retry-after"]
