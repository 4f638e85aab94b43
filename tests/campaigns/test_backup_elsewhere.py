"""A backup made while residents send, restored elsewhere by another account.

The other folder has a path with blanks. Every row is compared, damaged backups are refused, and
people erased since then do not come back.

Size: one backup under load and one at rest, CAMPAIGN_ROUNDS x 100 flipped bits.
"""

import asyncio
import os
import shutil
import subprocess
import sys

import asyncpg
import httpx
import pytest

from api.commands.backups import EXCLUDED_TABLES
from api.commands.restores import check_backup
from survey.problems import Invalid
from tests.campaigns.crowd import Crowd
from tests.campaigns.processes import OurCommand, Service, find_other_account, run_as_options
from tests.campaigns.sizes import ROUNDS, log, random_stream
from tests.released import FOLDER, RECEIPTS

pytestmark = pytest.mark.slow
NOT_COMPARED = {*EXCLUDED_TABLES, "audit"}  # the restored one has one more row: the restore itself
BIT_FLIPS = 100 * ROUNDS
BACKED_UP = sorted(file.stem for file in FOLDER.glob("*.backup"))


@pytest.fixture(scope="module")
def service(folder):
    with Service(folder, "--no-worker") as running:
        yield running


async def run_command(folder, *words, account=None, code=0):
    """Run one of our commands, as another account if one is given; its output."""
    environment = OurCommand(folder, *words).environment | {"HOME": "/nonexistent"}
    command = [sys.executable, "-P", "-m", "api", *words]
    given = {"env": environment, "capture_output": True, "text": True, "cwd": "/"}
    done = await asyncio.to_thread(
        subprocess.run, command, check=False, **given, **run_as_options(account)
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def open_data(data):
    """Start the embedded server on these data; gives its address."""
    from survey.store.connections import embedded

    return embedded.open_server(data / "postgres")


async def table_checksums(dsn):
    """The number of rows and a checksum of each table."""
    connection = await asyncpg.connect(dsn)
    tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    found = {}
    for (table,) in tables:
        if table not in NOT_COMPARED:
            found[table] = await connection.fetchrow(
                f"SELECT count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {table} t"
            )
    await connection.close()
    return found


@pytest.fixture(scope="module")
def elsewhere(folder):
    """A folder of another account, on a path with accents and blanks."""
    home = folder / "Été, à la mer"
    home.mkdir()
    account = find_other_account()
    if account:
        os.chown(home, account.pw_uid, account.pw_gid)
    return home, account


def copy_backup(file, home, account):
    """Copy the backup and its checksum to that folder; the path of the copy."""
    for one in (file, file.with_name(file.name + ".sha256")):
        copy = shutil.copy(one, home / one.name)
        if account:
            os.chown(copy, account.pw_uid, account.pw_gid)
    return home / file.name


async def test_a_backup_under_load_has_all_that_was_acknowledged_before_it(
    service, folder, elsewhere, embedded_dsn
):
    crowd, file = Crowd("backup under load"), folder / "under-load"
    async with crowd.sending(service.address):
        await crowd.receive(100)
        before = dict(crowd.acknowledged)
        assert "Saved" in await run_command(folder, "backup", str(file))
        after = set(crowd.sent)
        await crowd.receive(20)
    await crowd.send_the_doubtful(service.address)
    await crowd.check(embedded_dsn)
    home, account = elsewhere
    copy = copy_backup(file, home, account)
    data = home / "under load"
    output = await run_command(folder, "restore", str(copy), "--data", str(data), account=account)
    assert "Restored" in output
    shutil.copy(folder / "data" / "contact-keys", data)  # which is in no backup
    with Service(folder, "--no-worker", "--data", str(data)) as restored:
        again = Crowd("backup under load")
        again.sent, again.acknowledged = {key: crowd.sent[key] for key in before}, dict(before)
        again.numbers = crowd.numbers
        await again.send_the_doubtful(restored.address)  # the same keys give the same receipts
    log.info("restored %d of %d sent", len(before), len(after))


async def test_every_row_of_a_backup_at_rest_is_there_again(
    service, folder, elsewhere, embedded_dsn
):
    file = folder / "at-rest"
    await run_command(folder, "backup", str(file))
    before = await table_checksums(embedded_dsn)
    assert before["responses"]["count"] > 100
    home, account = elsewhere
    copy, data = copy_backup(file, home, account), home / "at rest"
    await run_command(folder, "restore", str(copy), "--data", str(data), account=account)
    with open_data(data) as dsn:
        assert await table_checksums(dsn) == before
    log.info("%d tables the same, row for row", len(before))


async def test_a_damaged_backup_changes_nothing(service, folder, elsewhere):
    home, account = elsewhere
    file, picks = copy_backup(folder / "at-rest", home, account), random_stream("damage")
    whole, data = file.read_bytes(), home / "at rest"
    with open_data(data) as dsn:
        before = await table_checksums(dsn)
    for _ in range(BIT_FLIPS):
        flipped = bytearray(whole)
        flipped[picks.randrange(len(whole))] ^= 1 << picks.randrange(8)
        file.write_bytes(flipped)
        with pytest.raises(Invalid):
            check_backup(file)
    for damaged in (whole[: picks.randrange(len(whole))], b"", bytes(flipped)):
        file.write_bytes(damaged)
        words = ("restore", "--replace", str(file), "--data", str(data))
        assert "[backup.damaged]" in await run_command(folder, *words, account=account, code=1)
    file.write_bytes(whole)
    sums = file.with_name(file.name + ".sha256")
    sums.write_text(sums.read_text()[::-1])
    assert "[backup.damaged]" in await run_command(folder, *words, account=account, code=1)
    with open_data(data) as dsn:
        assert await table_checksums(dsn) == before
    log.info("%d damaged backups refused, nothing changed", BIT_FLIPS + 4)


async def test_who_was_erased_since_does_not_come_back(service, folder, embedded_dsn):
    crowd, file = Crowd("erased since"), folder / "before-erasure"
    async with crowd.sending(service.address, clients=2):
        await crowd.receive(5)
    await crowd.send_the_doubtful(service.address)
    gone = crowd.chance.sample(sorted(crowd.acknowledged.values()), 3)
    await run_command(folder, "backup", str(file))
    for reference in gone:
        await run_command(folder, "erase", reference)
    service.stop()
    output = await run_command(folder, "restore", "--replace", str(file))
    assert "erased after this backup: 3" in output
    with open_data(folder / "data") as dsn:
        connection = await asyncpg.connect(dsn)
        left = await connection.fetch("SELECT reference FROM responses")
        await connection.close()
    references = {row["reference"] for row in left}
    assert references & set(crowd.acknowledged.values()) == (
        set(crowd.acknowledged.values()) - set(gone)
    )


@pytest.mark.parametrize("release", BACKED_UP)
async def test_the_backup_that_a_release_made_is_restored_and_its_case_opens(folder, release):
    data = folder / f"of-{release}"
    await run_command(folder, "restore", str(FOLDER / f"{release}.backup"), "--data", str(data))
    number, passphrase = RECEIPTS[release]
    with Service(folder, "--no-worker", "--data", str(data)) as restored:
        opened = httpx.post(
            f"{restored.address}/api/v1/case/keys",
            json={"number": number, "passphrase": passphrase},
        )
        assert opened.status_code == 201, opened.text
