"""What `doctor` reports without the database: settings, secrets, disk, backups."""

import datetime
import shutil
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

import msgspec

from api import clock
from api.commands.backups.backup import RECORD_FILE, LastBackup
from api.process.code_version import code_version
from api.security import keyring
from api.settings import Settings, environment_name, unknown_variables

FindingMark = Literal["OK", "CHECK", "FAIL"]
PASSWORDS = ("smtp_password", "notify_key")
MEGABYTE = 1_000_000
LEAST_FREE, LITTLE_FREE = 500 * MEGABYTE, 5_000 * MEGABYTE
BACKUP_AGE = datetime.timedelta(days=7)


class DoctorFinding(NamedTuple):
    mark: FindingMark
    what: str
    remedy: str = ""


def version_finding() -> DoctorFinding:
    return DoctorFinding("OK", f"Soundings {code_version()}")


def settings_findings(settings: Settings) -> list[DoctorFinding]:
    """Every setting with its value; of secrets only whether they are set."""
    lines = []
    for name, value in msgspec.structs.asdict(settings).items():
        created = name in ("secret", "contact_keys")
        shown = ("set" if value else "made at the first start") if created else str(value)
        if name in PASSWORDS:
            shown = "set" if value else ""
        if name == "database_url":
            shown = without_password(shown)
        lines.append(DoctorFinding("OK", f"{environment_name(name)} = {shown or '(empty)'}"))
    return lines


def without_password(url: str) -> str:
    head, at, tail = url.rpartition("@")
    scheme, _, user = head.partition("://")
    return f"{scheme}://{user.split(':')[0]}@{tail}" if at else url


def doubtful_settings_findings(settings: Settings) -> list[DoctorFinding]:
    """Settings that are unknown, insecure or inconsistent."""
    found = [
        DoctorFinding(
            "CHECK",
            f"{name} is not a setting.",
            f"Did you mean {nearest}?" if nearest else "docs/operators.md lists them all.",
        )
        for name, nearest in unknown_variables().items()
    ]
    if settings.secret and keyring.is_weak(settings.secret):
        refused = keyring.weak_secret()
        found.append(DoctorFinding("FAIL", refused.sentence, refused.remedy))
    return found + address_findings(settings)


def operator_findings(settings: Settings) -> list[DoctorFinding]:
    """A finding for each setting that residents should see (who runs this, how to reach them) and
    that is empty.
    """
    wanted = {
        "organisation": "The pages do not show who runs this installation.",
        "contact": "The pages do not show how to reach you.",
        "postal_address": "The complaint form on paper does not say where to send it.",
    }
    return [
        DoctorFinding("CHECK", what, f"Set {environment_name(name)}.")
        for name, what in wanted.items()
        if not getattr(settings, name)
    ]


def address_findings(settings: Settings) -> list[DoctorFinding]:
    address = urlsplit(settings.public_url)
    if not settings.public_url:
        return []
    if address.scheme not in ("http", "https") or not address.hostname:
        what = f"SOUNDINGS_PUBLIC_URL is not an address: {settings.public_url}"
        return [DoctorFinding("FAIL", what, "Write it like https://soundings.example.org.")]
    if address.scheme == "https" and settings.secure_cookies is False:
        what = "The public address is HTTPS, but cookies are sent over plain HTTP too."
        return [DoctorFinding("FAIL", what, "Set SOUNDINGS_SECURE_COOKIES=true.")]
    if address.scheme == "http" and address.hostname not in ("localhost", "127.0.0.1", "::1"):
        what = "The public address is plain HTTP: what residents send can be read in transit."
        return [
            DoctorFinding("CHECK", what, "Put a proxy with TLS in front; see docs/operators.md.")
        ]
    return []


def disk_finding(settings: Settings) -> DoctorFinding:
    """How much disk space is left where the data are."""
    folder = next(one for one in (settings.data, *settings.data.absolute().parents) if one.exists())
    free = shutil.disk_usage(folder).free
    what = f"{free / 1000 / MEGABYTE:,.1f} GB free in {folder}"
    remedy = "Free some space: otherwise nothing can be saved or backed up."
    if free < LEAST_FREE:
        return DoctorFinding("FAIL", what, remedy)
    return DoctorFinding("CHECK", what, remedy) if free < LITTLE_FREE else DoctorFinding("OK", what)


def backup_finding(settings: Settings) -> DoctorFinding:
    """How old the last backup is, by the file that `backup` leaves in the data folder."""
    remedy = "Run `soundings backup FOLDER` every night, and store it on another machine."
    try:
        content = (settings.data / RECORD_FILE).read_bytes()
        last = msgspec.json.decode(content, type=LastBackup)
    except FileNotFoundError:
        return DoctorFinding(
            "CHECK", "`soundings backup` has not been run for this data folder.", remedy
        )
    except (OSError, msgspec.MsgspecError) as error:
        return DoctorFinding("CHECK", f"{RECORD_FILE} cannot be read: {error}", remedy)
    age = clock.now() - last.at
    what = f"Last backup: {last.at.astimezone(clock.LONDON):%-d %b %Y, %H:%M}, {last.path}"
    if age > BACKUP_AGE:
        return DoctorFinding("CHECK", f"{what} ({age.days} days ago)", remedy)
    if not Path(last.path).exists():
        return DoctorFinding("OK", f"{what} (no longer there)")
    return DoctorFinding("OK", what)
