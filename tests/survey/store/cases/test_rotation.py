"""A new key for encrypted contacts: all or none, and after a crash every contact still opens."""

import io

import msgspec
import pytest

from api import clock
from api.commands import doctor, upkeep
from api.pages.resident.questionnaire.drafts import ResidentDraft
from api.security.keyring import (
    KEYS_FILE,
    Keyring,
    ensure_secrets,
    keyring_from_settings,
    new_key,
    parse_keys,
    write_private_file,
)
from api.settings import Settings
from survey.cases.contacts import Contact
from survey.problems import Conflict, Unavailable
from survey.store.accounts import sessions
from survey.store.cases import case_owners, complaints
from tests.conftest import OneConnection
from tests.stored.complaint_forms import KEYRING, create_case

ZOE = Contact(name="Zoe Bell", email="zoe@example.org")
ALI = Contact(phone="020 7946 0000")


class SimulatedCrash(Exception):
    pass


@pytest.fixture
async def connection(pool):
    async with pool.connection() as connection:
        yield connection


@pytest.fixture
async def cases(connection):
    """Two cases with contacts, encrypted with the keyring of the tests."""
    return {
        (await create_case(OneConnection(connection), contact=who)).reference: who
        for who in (ZOE, ALI)
    }


@pytest.fixture
def settings(tmp_path):
    write_private_file(tmp_path / KEYS_FILE, "\n".join(KEYRING.keys))
    return Settings(data=tmp_path)


@pytest.fixture
def alone(monkeypatch):
    async def nobody(_):
        return 0

    monkeypatch.setattr("survey.store.database.count_other_connections", nobody)


async def check_contacts_open(connection, cases, keyring):
    """Check that a keyring decrypts every contact under its own case; True."""
    for reference, who in cases.items():
        case = await complaints.get(connection, reference)
        sealed = await case_owners.find_contact(connection, case.id)
        assert keyring.unseal(reference, sealed) == who
    return True


async def test_contacts_open_with_the_new_key_alone(connection, cases, settings, alone):
    lines = await upkeep.reseal_under_new_key(connection, settings)
    assert lines[0] == "2 addresses are encrypted with the new key."
    keys = parse_keys((settings.data / KEYS_FILE).read_text())
    assert len(keys) == 1
    assert keys[0] not in KEYRING.keys
    assert (settings.data / KEYS_FILE).stat().st_mode & 0o777 == 0o600
    assert await check_contacts_open(
        connection, cases, keyring_from_settings(ensure_secrets(settings))
    )
    with pytest.raises(Unavailable) as refused:
        await check_contacts_open(connection, cases, KEYRING)
    assert refused.value.code == "contact.sealed"


@pytest.mark.parametrize("step", ["first file", "seals", "last file"])
async def test_a_process_that_dies_at_any_step_leaves_every_contact_to_be_opened(
    connection, cases, settings, alone, monkeypatch, step
):
    writes = []

    def dying_write(file, text):
        writes.append(text)
        if len(writes) == {"first file": 1, "last file": 2}.get(step):
            raise SimulatedCrash
        write_private_file(file, text)

    async def dying_seals(*_, **__):
        raise SimulatedCrash

    with monkeypatch.context() as patched:
        patched.setattr(upkeep, "write_private_file", dying_write)
        if step == "seals":
            patched.setattr(case_owners, "save_contact", dying_seals)
        with pytest.raises(SimulatedCrash):
            await upkeep.reseal_under_new_key(connection, settings)
    assert await check_contacts_open(
        connection, cases, keyring_from_settings(ensure_secrets(settings))
    )
    await upkeep.reseal_under_new_key(connection, settings)
    assert len(parse_keys((settings.data / KEYS_FILE).read_text())) == 1
    assert await check_contacts_open(
        connection, cases, keyring_from_settings(ensure_secrets(settings))
    )


async def test_half_of_the_seals_is_never_kept(connection, cases, settings, alone, monkeypatch):
    put, done = case_owners.save_contact, []

    async def second_dies(*given, **named_ones):
        if done:
            raise SimulatedCrash
        done.append(given)
        await put(*given, **named_ones)

    monkeypatch.setattr(case_owners, "save_contact", second_dies)
    with pytest.raises(SimulatedCrash):
        await upkeep.reseal_under_new_key(connection, settings)
    assert await check_contacts_open(connection, cases, KEYRING)


async def test_keys_in_the_environment_are_left_to_the_operator(connection, cases, tmp_path):
    newest = new_key()
    given = Settings(data=tmp_path, contact_keys=",".join([newest, *KEYRING.keys]))
    lines = await upkeep.reseal_under_first_key(connection, given)
    assert lines[-1] == "Take the other 1 out of SOUNDINGS_CONTACT_KEYS; the first is enough."
    assert await check_contacts_open(connection, cases, Keyring([newest]))
    assert list(tmp_path.iterdir()) == []


async def test_it_is_refused_while_another_program_is_connected(dsn, pool, cases, settings):
    with pytest.raises(Conflict) as refused:
        await upkeep.reseal_all(msgspec.structs.replace(settings, database_url=dsn))
    assert refused.value.code == "keys.in_use"
    assert parse_keys((settings.data / KEYS_FILE).read_text()) == list(KEYRING.keys)


async def test_a_draft_of_a_contact_goes_on(connection, settings, alone):
    sealed = KEYRING.seal("", ZOE).decode()
    later = clock.now().replace(year=clock.now().year + 1, day=1)
    draft = ResidentDraft(slug="complaint", contact=sealed, area="Hackney")
    await sessions.save_draft(connection, b"draft", draft, later)
    await upkeep.reseal_under_new_key(connection, settings)
    found = await sessions.find_draft(connection, b"draft", ResidentDraft)
    ring = keyring_from_settings(ensure_secrets(settings))
    assert ring.unseal("", found.contact.encode()) == ZOE
    assert found.area == "Hackney"
    await sessions.delete_draft(connection, b"draft")


async def test_a_contact_that_no_key_opens_stops_no_other_and_the_doctor_says_so(
    connection, cases, settings, alone
):
    case = await complaints.get(connection, next(iter(cases)))
    lost = Keyring([new_key()]).seal(case.reference, ZOE)
    await case_owners.save_contact(connection, case.id, lost, by_mail=True)
    lines = await upkeep.reseal_under_new_key(connection, settings)
    assert lines[1] == "1 cannot be decrypted with the keys given, and were left unchanged."
    [finding] = await doctor.contact_key_findings(connection, settings)
    assert finding.mark == "FAIL"
    assert "1 of 2 addresses cannot be decrypted" in finding.what


async def test_the_doctor_is_silent_where_every_contact_opens(connection, cases, settings):
    assert await doctor.contact_key_findings(connection, settings) == []
    away = Settings(data=settings.data / "elsewhere")
    assert len(await doctor.contact_key_findings(connection, away)) == 1
    assert not away.data.exists()


async def test_a_dump_of_the_contacts_holds_no_address(connection, cases):
    dump = io.BytesIO()
    await connection.copy_from_table("case_contacts", output=dump)
    for raw in (dump.getvalue(), *await case_owners.load_seals(connection)):
        assert b"zoe" not in raw
        assert b"Bell" not in raw
        assert ZOE.email.encode().hex().encode() not in raw


def test_two_processes_that_begin_at_once_have_one_key(tmp_path, monkeypatch):
    file = tmp_path / KEYS_FILE
    write_private_file(file, "first")
    write_private_file(file, "second", over=False)
    assert file.read_text() == "first"
    assert [one.name for one in tmp_path.iterdir()] == [KEYS_FILE]
