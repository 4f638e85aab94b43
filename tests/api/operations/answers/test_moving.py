"""A survey goes to another installation and back: nothing is lost, doubled or brought back."""

import asyncio
import contextlib
import datetime
import hashlib
import io
import json
import zipfile

import httpx
import msgspec
import pytest
from click.testing import CliRunner
from lxml import html

from api.__main__ import main
from api.app import build
from api.operations import exports
from api.operations.answers import package_intake, submissions
from api.security.cookies import SESSION
from api.security.people import HASHER, begin_session
from demo import command
from survey.problems import Problem
from survey.store import surveys
from survey.store.accounts import people
from survey.store.answers import entries, erasure, sums
from survey.store.answers.entries import PaperSettings
from survey.store.database import open_database
from survey.store.surveys import instruments, limits, sharing
from survey.surveys.responses import Submission
from survey.surveys.sharing import Quota, Way
from tests import alone
from tests.api.pages.survey_of_everything import EVERYTHING
from tests.api.pages.survey_of_files import FILE_SURVEY
from tests.conftest import KEYRING, UNLIMITED
from tests.files.uploads import PDF, plain_jpeg
from tests.jobs import run_all_jobs
from tests.people import AMINA, JOAN
from tests.stored.complaint_forms import create_case

pytestmark = pytest.mark.slow  # two databases for each test
OTHERS = Submission(area="Hackney", answers={"line": "Of another survey"})
WORDS = "I am Robin Miles of 12 Acre Lane, call me on 020 7946 0000. They were polite."


@pytest.fixture
async def two(server):
    """Two installations, and in the first a survey with answers, texts, files and settings."""
    async with (
        alone.create_database(server, "moved_from") as first,
        alone.create_database(server, "moved_to") as second,
        open_database(first) as here,
        open_database(second) as there,
    ):
        for database in (here, there):
            async with database.connection() as connection:
                for one in (AMINA, JOAN):
                    await command.ensure_account(connection, *one)
        await fill(here)
        yield here, there


async def fill(database):
    async with database.connection() as connection:
        amina = await people.by_email(connection, AMINA[0])
        await instruments.insert(connection, FILE_SURVEY, by=amina.id)
        await sharing.save_shown(connection, "sending", {"contact": "club@example.org"})
        await sharing.save_password(connection, "sending", HASHER.hash("otterriverlamp"))
        await sharing.save_logo(connection, "sending", b"a logo")
        async with connection.transaction():
            await limits.save(connection, "sending", opens=None, closes=None, one_each="none")
        await limits.insert_quota(
            connection, "sending", Quota(area="E09000012", groups={}, most=500)
        )
        await limits.insert_member_codes(connection, "sending", [b"a digest"])
        await sharing.insert_missing(connection, [Way("2345678", "sending", "link")])
    photo = await submissions.save_attachment(
        database, "sending", "photo", plain_jpeg(), quarantine=False
    )
    paper = await submissions.save_attachment(database, "sending", "paper", PDF, quarantine=False)
    for answers in ({"photo": photo, "paper": paper, "line": WORDS}, {"line": "Nothing to add"}):
        sent = Submission(area="Hackney", answers=answers, may_quote=True)
        await submissions.submit_response(database, "sending", sent, opens="photo" in answers)
    await run_all_jobs(database)


async def pack(database):
    return b"".join([part async for part in exports.stream_package(database, "sending")])


async def unpack(database, content, *, dry_run=False, owner=AMINA):
    package, manifest = package_intake.check_package(io.BytesIO(content), 10**9)
    async with database.connection() as connection:
        person = await package_intake.find_owner(connection, owner[0]) if owner else None
    wanted = package_intake.WantedUnpacking(
        by=None, owner=person, dry_run=dry_run, quarantine=False
    )
    done = await package_intake.unpack_survey(database, package, manifest, wanted)
    await run_all_jobs(database)
    return done


def digests(content):
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        manifest = json.loads(package.read("manifest.json"))
    return {one["name"]: one["sha256"] for one in manifest["entries"]}


async def sums_of(database):
    async with database.connection() as connection:
        cells = await sums.load_all(connection)
    return sorted(repr(one) for one in cells if "sending" in repr(one))


async def references(database):
    async with database.connection() as connection:
        rows = await connection.fetch(
            "SELECT reference FROM responses WHERE instrument = 'sending' ORDER BY reference"
        )
    return [row["reference"] for row in rows]


async def test_there_and_back_is_the_same_and_twice_doubles_nothing(two):
    here, there = two
    before, sums_before = await pack(here), await sums_of(here)
    tried = await unpack(there, before, dry_run=True)
    assert (tried.is_new, tried.answers_new, tried.stored) == (True, 2, 2)
    assert await references(there) == []
    done = await unpack(there, before)
    assert (done.versions, done.answers_new, done.texts_new, done.files_new) == (1, 2, 2, 2)
    arrived = await pack(there)
    assert digests(arrived) == digests(before)
    assert await sums_of(there) == sums_before != []
    again = await unpack(there, before)
    assert (again.is_new, again.answers_new, again.texts_new, again.files_new) == (False, 0, 0, 0)
    sent = Submission(area="Camden", answers={"line": "Only there"})
    await submissions.submit_response(there, "sending", sent)
    await run_all_jobs(there)
    back = await unpack(here, await pack(there), owner=None)
    assert (back.answers_new, back.stored) == (1, 3)
    assert digests(await pack(here)) == digests(await pack(there))
    assert await sums_of(here) == await sums_of(there)
    async with there.connection() as connection:
        survey = await surveys.find(connection, "sending")
        amina = await people.by_email(connection, AMINA[0])
        assert survey.owner == amina.id
        logo = await sharing.find_logo(connection, "sending")
        [quota] = await limits.load_quotas(connection, "sending")
        assert (logo, quota.answers) == (b"a logo", 2)


async def test_names_are_masked_on_the_way_and_stay_where_they_were_written(two):
    here, there = two
    content = await pack(here)
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        assert not [name for name in package.namelist() if b"Robin" in package.read(name)]
        texts = package.read("texts.jsonl").decode()
    assert "They were polite." in texts
    assert "7946" not in texts
    await unpack(there, content)
    await unpack(here, await pack(there), owner=None)
    async with here.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM texts WHERE body = $1", WORDS) == 1


async def test_what_was_erased_on_one_side_is_erased_on_the_other_and_does_not_come_back(two):
    here, there = two
    old = await pack(here)
    await unpack(there, old)
    gone, kept = await references(here)
    async with here.connection() as connection, connection.transaction():
        await erasure.erase(connection, gone)
    done = await unpack(there, await pack(here))
    assert (done.erased, await references(there)) == (1, [kept])
    for database in (there, here):
        done = await unpack(database, old, owner=None)
        assert (done.answers_new, await references(database)) == (0, [kept])
    assert await sums_of(here) == await sums_of(there)


SETTINGS = {"survey_settings": "slug", "survey_limits": "survey", "paper_settings": "survey"}
SHOWN = {"unlisted": True, "organisation": "Park Lane Youth Club", "contact": "club@example.org",
         "thanks": {"en": "Thank you."}, "next_step": {"en": "We meet on 3 March."}}  # fmt: skip
DAYS = {"opens": datetime.date(2026, 3, 1), "closes": datetime.date(2026, 12, 31)}


async def set_everything(database):
    """Set whatever an organiser can set for a survey."""
    async with database.connection() as connection, connection.transaction():
        await sharing.save_shown(connection, "sending", SHOWN)
        await sharing.save_origins(connection, "sending", ["https://club.example"])
        await sharing.save_asks_proof(connection, "sending", asks=True)
        await limits.save(connection, "sending", **DAYS, one_each="device")
        await limits.save_most(connection, "sending", 700)
        await limits.insert_quota(connection, "sending", Quota(groups={"age": "16-24"}, most=90))
        await entries.save_paper_settings(
            connection, "sending", PaperSettings("1 Acre Lane", twice=True)
        )
        await instruments.set_closed(connection, "sending", closed=True)


async def settings_of(database):
    """Every row of settings that a survey has, whatever columns they will have one day."""
    async with database.connection() as connection:
        rows = [
            await connection.fetchrow(f"SELECT * FROM {table} WHERE {column} = 'sending'")
            for table, column in SETTINGS.items()
        ]
        found = [
            (one.area or "", str(one.groups), one.most)
            for one in await limits.load_quotas(connection, "sending")
        ]
        closed = (await instruments.get(connection, "sending"))[1]
    return [*(dict(row or {}) for row in rows), *sorted(found), closed]


async def test_every_setting_of_a_survey_goes_with_it(two):
    here, there = two
    await set_everything(here)
    content = await pack(here)
    done = await unpack(there, content)
    assert done.other_settings == []
    assert await settings_of(there) == await settings_of(here)
    first, *others = await settings_of(here)
    usual = {"shown": {}, "password_hash": "", "embedded_by": [], "logo": None, "logo_tag": ""}
    assert [name for name in first if first[name] == usual.get(name, False)] == []
    assert others[1] == {"survey": "sending", "send_to": "1 Acre Lane", "twice": True}
    assert (await unpack(there, content)).other_settings == []


async def test_settings_of_a_survey_that_is_there_stay_and_are_named(two):
    here, there = two
    await unpack(there, await pack(here))
    await set_everything(here)
    async with there.connection() as connection:
        [quota] = await limits.load_quotas(connection, "sending")
        await limits.delete_quota(connection, "sending", quota.id)
    before = await settings_of(there)
    done = await unpack(there, await pack(here))
    assert await settings_of(there) == before
    assert done.other_settings == [
        "open or closed", "listed or only by its link", "the puzzle for devices", "the days",
        "one answer each", "how many answers", "who asks", "the last words",
        "the websites that may show it", "paper forms",
    ]  # fmt: skip
    lines = package_intake.unpacking_lines(done, dry_run=False)
    assert "which were left out: open or closed, listed or only" in " ".join(lines)


async def test_codes_of_members_come_only_where_the_survey_asks_for_some(two):
    here, there = two
    await unpack(there, await pack(here))
    async with there.connection() as connection:
        for table in ("member_codes", "quotas", "survey_limits"):
            await connection.execute(f"DELETE FROM {table} WHERE survey = 'sending'")
    done = await unpack(there, await pack(here))
    assert (done.answers, done.answers_new) == (2, 0)
    async with there.connection() as connection:
        assert (await limits.count_member_codes(connection, "sending")).made == 0


async def test_what_a_package_could_not_take_is_said(two):
    here, there = two
    async with here.connection() as connection:
        await connection.execute("UPDATE attachments SET scan = 'waiting' WHERE item = 'photo'")
    sent = Submission(area="Hackney", answers={"line": "Cheap watches"})
    await submissions.submit_response(here, "sending", sent, suspicion="decoy")
    done = await unpack(there, await pack(here))
    assert (done.answers_new, done.files_new) == (2, 1)
    lines = package_intake.unpacking_lines(done, dry_run=False)
    assert [line.partition(". ")[0].rpartition(": ")[2] for line in lines if "not in" in line] == [
        "1", "1",
    ]  # fmt: skip
    assert "no virus scanner" in " ".join(lines)
    assert "look like spam" in " ".join(lines)


def rewrite(content, name, change):
    """The package with one file changed, and another digest for it unless `change` says so."""
    source, made = zipfile.ZipFile(io.BytesIO(content)), io.BytesIO()
    with zipfile.ZipFile(made, "w") as target:
        for one in source.namelist():
            body = source.read(one)
            target.writestr(one, change(body) if one == name else body)
    return made.getvalue()


def with_digests(content):
    source, made = zipfile.ZipFile(io.BytesIO(content)), io.BytesIO()
    manifest = json.loads(source.read("manifest.json"))
    for one in manifest["entries"]:
        one["sha256"] = hashlib.sha256(source.read(one["name"])).hexdigest()
    with zipfile.ZipFile(made, "w") as target:
        for one in source.namelist():
            body = source.read(one)
            target.writestr(one, json.dumps(manifest) if one == "manifest.json" else body)
    return made.getvalue()


async def test_what_is_damaged_or_of_another_survey_is_refused_whole(two):
    here, there = two
    content = await pack(here)

    async def code_of(broken, database=there, owner=AMINA):
        with pytest.raises(Problem) as refused:
            await unpack(database, broken, owner=owner)
        return refused.value.code

    assert await code_of(content, owner=None) == "package.no_owner"
    assert await code_of(content, owner=("nobody@example.org",)) == "package.unknown_owner"
    for broken in (
        b"no zip",
        content[:-100],
        rewrite(content, "answers.jsonl", lambda body: body + b"{}\n"),
        rewrite(content, "manifest.json", lambda body: b"{}"),
        rewrite(content, "manifest.json", lambda body: body.replace(b"soundings-", b"another-")),
        with_digests(rewrite(content, "answers.jsonl", lambda body: b"[1]\n")),
        with_digests(rewrite(content, "answers.jsonl", lambda body: b'{"id": "x"}\n')),
        with_digests(rewrite(content, "survey.json", lambda body: b'{"versions": []}')),
    ):
        assert await code_of(broken) in ("package.damaged", "package.other_city")
    newer = rewrite(content, "manifest.json", lambda b: b.replace(b'n": 2', b'n": 3', 1))
    assert await code_of(newer) == "package.newer"
    elsewhere = rewrite(content, "answers.jsonl", lambda b: b.replace(b"E09000012", b"X09000012"))
    assert await code_of(with_digests(elsewhere)) == "package.other_city"
    other = rewrite(content, "survey.json", lambda b: b.replace(b"A picture?", b"A portrait?"))
    assert await code_of(with_digests(other), here) == "package.other_version"
    reference, taken = await references(here)
    swapped = rewrite(
        content, "answers.jsonl", lambda b: b.replace(reference.encode(), b"ZZZZ-ZZZZ")
    )
    assert await code_of(with_digests(swapped), here) == "package.other_answers"
    with pytest.raises(Problem) as refused:
        package_intake.check_package(io.BytesIO(content), 100)
    assert refused.value.code == "package.too_large"
    assert await references(there) == []
    assert await references(here) == [reference, taken]


async def marks_of(database, reference):
    """The digests by which an older version marked this reference in its packages."""
    async with database.connection() as connection:
        rows = await connection.fetch("SELECT salt, mark FROM erasure_marks")
    return [{"salt": salt.hex(), "mark": mark.hex()} for salt, mark in rows]


async def test_a_package_says_nothing_of_what_else_was_erased_here(two):
    here, _ = two
    other = msgspec.structs.replace(FILE_SURVEY, slug="other")
    async with here.connection() as connection:
        await instruments.insert(connection, other)
    sent = await submissions.submit_response(here, "other", OTHERS)
    case = await create_case(here)
    mine, _ = await references(here)
    async with here.connection() as connection:
        for reference in (sent.reference, case.reference, mine):
            async with connection.transaction():
                assert await erasure.erase(connection, reference)
    package = zipfile.ZipFile(io.BytesIO(await pack(here)))
    [line] = package.read("erased.jsonl").splitlines()
    assert [*json.loads(line)] == ["mark"]
    salts = {one["salt"] for one in await marks_of(here, mine)}
    guesses = {
        hashlib.sha256(bytes.fromhex(salt) + word.encode()).hexdigest()
        for word in (mine, sent.reference, case.reference)
        for salt in (*salts, "")
    }
    assert json.loads(line)["mark"] not in guesses


async def test_marks_of_a_package_count_for_its_own_survey_only(two):
    """Of this version, and of the one before, whose packages had digests of references."""
    here, there = two
    for database in two:
        async with database.connection() as connection:
            other = msgspec.structs.replace(FILE_SURVEY, slug="other")
            await instruments.insert(connection, other)
    hers = await submissions.submit_response(there, "other", OTHERS)
    gone, kept = await references(here)
    planted = [
        {"salt": "ab", "mark": hashlib.sha256(b"\xab" + one.encode()).hexdigest()}
        for one in (hers.reference, gone)
    ]
    async with there.connection() as connection:
        asked = "SELECT id::text FROM responses WHERE reference = $1"
        ident = await connection.fetchval(asked, hers.reference)
    planted.append({"mark": hashlib.sha256(ident.encode()).hexdigest()})
    lines = "".join(f"{json.dumps(one)}\n" for one in planted).encode()
    content = with_digests(rewrite(await pack(here), "erased.jsonl", lambda _: lines))
    assert (await unpack(there, content)).answers_new == 1
    assert await references(there) == [kept]
    package = b"".join([part async for part in exports.stream_package(there, "other")])
    done = await unpack(there, package)
    assert (done.erased, done.stored) == (0, 1)


def with_setup(content, **given):
    def change(body):
        return json.dumps(json.loads(body) | given).encode()

    return with_digests(rewrite(content, "survey.json", change))


@pytest.mark.parametrize(
    ("setup", "code"),
    [
        ({"password_hash": "$argon2id$v=19$m=262144,t=20,p=1$c29tZXNhbHQ$" + "A" * 43}, "password"),
        ({"password_hash": "plain"}, "password"),
        ({"embedded_by": ["https://club.example\r\nSet-Cookie: a=b"]}, "damaged"),
        ({"embedded_by": ["*"]}, "damaged"),
    ],
)
async def test_settings_that_no_page_of_ours_would_save_are_refused(two, setup, code):
    here, there = two
    with pytest.raises(Problem) as refused:
        await unpack(there, with_setup(await pack(here), **setup))
    assert refused.value.code == f"package.{code}"
    assert await references(there) == []


async def test_answers_of_another_type_than_their_question_takes_are_refused(two):
    here, there = two
    async with here.connection() as connection:
        await instruments.insert(
            connection, EVERYTHING, by=(await people.by_email(connection, AMINA[0])).id
        )
    answers = {"which": "two", "several": ["one"], "works": 4, "polite": 2, "quick": 5, "safe": 3,
               "line": "Words", "times": 2, "far": 1.5, "day": "2007-02-01", "agreed": True,
               "order": ["two", "one", "three"]}  # fmt: skip
    sent = Submission(area="Hackney", answers=answers)
    await submissions.submit_response(here, "everything", sent)
    await run_all_jobs(here)
    content = b"".join([part async for part in exports.stream_package(here, "everything")])
    for wrong in (["<script>x</script>"], {"a": 1}, 5e300, "four", [[]], True, None):
        for name in ("which", "several", "works", "times", "day", "order"):

            def change(body, name=name, wrong=wrong):
                row = json.loads(body)
                row["answers"][name] = wrong
                return json.dumps(row).encode() + b"\n"

            broken = with_digests(rewrite(content, "answers.jsonl", change))
            with pytest.raises(Problem) as refused:
                await unpack(there, broken)
            assert refused.value.code == "package.damaged", (name, wrong)
    assert (await unpack(there, content)).answers_new == 1


async def run(database_url, folder, *words, code=0):
    environment = {"SOUNDINGS_DATABASE_URL": database_url, "SOUNDINGS_DATA": str(folder),
                   "SOUNDINGS_ALLOW_UNSAFE_DATABASE": "true"}  # fmt: skip
    done = await asyncio.to_thread(
        CliRunner().invoke, main, words, prog_name="soundings", env=environment
    )
    assert done.exit_code == code, done.output
    return done.output


async def test_the_commands_pack_and_unpack(two, server, tmp_path):
    here, there = (
        server.replace("///soundings?", f"///{name}?") for name in ("moved_from", "moved_to")
    )
    file = tmp_path / "sending.zip"
    await run(here, tmp_path, "pack-survey", "sending", "--out", str(file))
    assert file.stat().st_mode & 0o077 == 0
    unpacking = ("unpack-survey", str(file), "--owner", AMINA[0])
    tried = await run(there, tmp_path, *unpacking, "--dry-run")
    assert "Would be added: 2." in tried
    stored = await run(there, tmp_path, *unpacking)
    assert "Answers here afterwards: 2." in stored
    assert "Added: 0. Here already, or erased: 2." in await run(there, tmp_path, *unpacking[:2])
    await run(here, tmp_path, "pack-survey", "complaint", "--out", str(file), code=1)


@pytest.fixture
async def browsers(two):
    """An administrator of each installation, and an organiser of the first."""
    async with contextlib.AsyncExitStack() as opened:
        yield [
            await opened.enter_async_context(await sign_in(database, who))
            for database, who in ((two[0], JOAN), (two[1], JOAN), (two[0], AMINA))
        ]


async def sign_in(database, who):
    app = build(UNLIMITED, database)
    app.state.update({"database": database, "read_database": database, "keyring": KEYRING})
    async with database.connection() as connection:
        account = await people.by_email(connection, who[0])
        key = await begin_session(connection, account.id)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://test", cookies={SESSION: key})


async def post_package(browser, content, **fields):
    form = html.fromstring((await browser.get("/work/move")).text)
    (token,) = set(form.xpath("//input[@name='_csrf_token']/@value"))
    return await browser.post(
        "/work/move",
        data={"_csrf_token": token, "owner": AMINA[0]} | fields,
        files={"file": ("sending.zip", content)} if content is not None else None,
    )


async def test_an_administrator_moves_a_survey_on_the_page(two, browsers):
    here, there, amina = browsers
    assert 'href="/work/move"' in (await here.get("/work/surveys")).text
    page = await here.get("/work/move")
    assert "/work/move/sending/survey.zip" in page.text
    assert "/work/move/complaint/survey.zip" not in page.text
    for refused in ("/work/move", "/work/move/sending/survey.zip"):
        assert (await amina.get(refused)).status_code == 403
    packed = await here.get("/work/move/sending/survey.zip")
    assert digests(packed.content) == digests(await pack(two[0]))

    nothing = await post_package(there, None, act="try")
    assert (nothing.status_code, "Choose a file" in nothing.text) == (422, True)
    broken = await post_package(there, b"no zip", act="store")
    assert (broken.status_code, "not a whole survey package" in broken.text) == (422, True)
    tried = await post_package(there, packed.content, act="try")
    assert "Tried: nothing is stored" in tried.text
    assert await references(two[1]) == []
    stored = await post_package(there, packed.content, act="store")
    assert "Answers here afterwards: 2." in stored.text
    assert await references(two[1]) == await references(two[0])
    async with two[1].connection() as connection:
        acts = await connection.fetch("SELECT act FROM audit ORDER BY id")
    assert "survey moved in" in [one["act"] for one in acts]
