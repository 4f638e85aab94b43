"""The installation's own secrets, from the settings or made once and kept under the data folder:
one that signs, and the keys that seal contacts, which stand in no database and in no dump."""

import contextlib
import hashlib
import hmac
import os
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from api.settings import Settings
from survey import receipts
from survey.contacts import Contact
from survey.problems import Unavailable

KEYS = "contact-keys"


class Sealed(msgspec.Struct, frozen=True):
    """What lies within a seal: the number beside the contact, so that none can be moved."""

    reference: str
    contact: Contact


class Keyring:
    """Seals with the first key and opens with any, so that keys can change."""

    def __init__(self, keys: Sequence[str]) -> None:
        self.keys = tuple(keys)
        try:
            self.box = MultiFernet([Fernet(key) for key in self.keys])
        except ValueError as wrong:
            raise unusable("A key in SOUNDINGS_CONTACT_KEYS is not valid") from wrong

    def seal(self, reference: str, contact: Contact, hour: int) -> bytes:
        """Sealed as of a full hour, in seconds since 1970: a seal tells when it was made."""
        content = msgspec.json.encode(Sealed(reference, contact))
        return self.box.encrypt_at_time(content, current_time=hour)

    def unseal(self, reference: str, sealed: bytes) -> Contact:
        try:
            found = msgspec.json.decode(self.box.decrypt(sealed), type=Sealed)
        except InvalidToken as wrong:
            raise unusable("This contact cannot be decrypted: its key is missing") from wrong
        if found.reference != reference:
            raise unusable("This contact belongs to another case")
        return found.contact

    def seal_words(self, words: bytes, hour: int) -> str:
        """What was typed and waits to be corrected, as of a full hour."""
        return self.box.encrypt_at_time(words, current_time=hour).decode()

    def unseal_words(self, sealed: str) -> bytes | None:
        """Nothing where the key has gone meanwhile: it can be typed again."""
        try:
            return self.box.decrypt(sealed)
        except InvalidToken:
            return None

    def opens(self, sealed: bytes) -> bool:
        try:
            self.box.decrypt(sealed)
        except InvalidToken:
            return False
        return True

    def renewed(self, sealed: bytes) -> bytes:
        """The same under the first key."""
        return self.box.rotate(sealed)

    def passphrases(self, seed: str, reference: str) -> Iterator[str]:
        """The passphrase of a case by what marks its request, under each key, the newest first.

        The same request gives the same one, though nothing of it is kept.
        """
        for key in self.keys:
            yield receipts.passphrase(self.digest_under(key, f"passphrase {reference}", seed))

    def request_mark(self, content: bytes) -> bytes:
        """By which a request is known again. Under the oldest key: a new one changes no mark."""
        key = f"request {self.keys[-1]}".encode()
        return hmac.new(key, content, hashlib.sha256).digest()

    @staticmethod
    def digest_under(key: str, purpose: str, text: str) -> bytes:
        return hmac.new(key.encode(), f"{purpose}\0{text}".encode(), hashlib.sha256).digest()


def is_weak(secret: str) -> bool:
    """Whether a secret could be guessed: 32 hexadecimal digits are 128 bits, and enough."""
    return len(secret) < 32 or len(set(secret)) < 8


def weak_secret() -> Unavailable:
    return Unavailable(
        "secret.weak",
        "SOUNDINGS_SECRET can be guessed: it must be at least 32 random characters.",
        "Set it to what `openssl rand -hex 32` prints, or leave it out: one is then created.",
    )


def refuse_unusable(settings: Settings) -> None:
    """Refuse a secret that can be guessed, and keys that are none: before anything starts."""
    if settings.secret and is_weak(settings.secret):
        raise weak_secret()
    if settings.contact_keys:
        Keyring(named(settings.contact_keys))


def with_secrets(settings: Settings) -> Settings:
    """Settings with secrets that outlive the process."""
    refuse_unusable(settings)
    return msgspec.structs.replace(
        settings,
        secret=settings.secret or kept(settings.data / "secret", secrets.token_hex(32)),
        contact_keys=settings.contact_keys
        or ",".join(named(kept(settings.data / KEYS, new_key()))),
    )


def kept(file: Path, made: str) -> str:
    """What the file holds; made once, readable by nobody else."""
    if not file.exists():
        write(file, made, over=False)
    return file.read_text().strip()


def write(file: Path, text: str, *, over: bool = True) -> None:
    """In one step, so that a process that dies leaves the old file or the new one.

    Not `over` a file that another process has made meanwhile, where that is asked for.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as opened:
        opened.write(text)
        opened.flush()
        os.fsync(opened.fileno())
    if over:
        beside.replace(file)
    else:
        with contextlib.suppress(FileExistsError):
            file.hardlink_to(beside)
        beside.unlink()
    settle(file.parent)


def settle(folder: Path) -> None:
    """A name outlives a loss of power only once its folder is on the disk."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def new_key() -> str:
    return Fernet.generate_key().decode()


def named(keys: str) -> list[str]:
    """Keys as they stand in the setting, with commas, or in the file, one a line."""
    return [key.strip() for key in keys.replace("\n", ",").split(",") if key.strip()]


def keyring_of(settings: Settings) -> Keyring:
    """The ring that the settings name; one for this process where they name none, as in tests."""
    return Keyring(named(settings.contact_keys) or [new_key()])


def standing_keyring(settings: Settings) -> Keyring:
    """The ring that is there, in the settings or in the file; none is made."""
    file = settings.data / KEYS
    kept_keys = file.read_text() if not settings.contact_keys and file.exists() else ""
    return Keyring(named(settings.contact_keys or kept_keys) or [new_key()])


def unusable(why: str) -> Unavailable:
    return Unavailable(
        "contact.sealed",
        f"{why}.",
        "Give every key that was ever used in SOUNDINGS_CONTACT_KEYS, the newest first.",
    )
