"""The installation's own secrets: the one that signs, and the keys that encrypt cases.

They come from the settings, or are made once and saved in the data folder. The contact keys are
in no database and no backup.
"""

import base64
import binascii
import contextlib
import hashlib
import hmac
import secrets
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from api import clock
from api.process.files import OWNER_ONLY, make_whole_file
from api.settings import Settings
from survey import receipts
from survey.cases.contacts import Contact, undecrypted_contact
from survey.cases.refusals import sealed_case
from survey.problems import Unavailable

KEYS_FILE = "contact-keys"
FILE_MARK = 12  # bytes before an encrypted file that are never used again


class SealContents(msgspec.Struct, frozen=True):
    """What is encrypted: a contact together with its case number, so that neither can be
    swapped.
    """

    reference: str
    contact: Contact


def full_hour() -> int:
    """The start of the current hour, in seconds since 1970. Encrypted text shows its time to
    anybody who has it, and nothing about a resident is dated to the minute.
    """
    return int(clock.now().replace(minute=0, second=0, microsecond=0).timestamp())


class Keyring:
    """Encrypts with the first key and decrypts with any, so that keys can be changed."""

    def __init__(self, keys: Sequence[str]) -> None:
        self.keys = tuple(keys)
        try:
            self.box = MultiFernet([Fernet(key) for key in self.keys])
        except ValueError as wrong:
            raise undecrypted_contact("A key in SOUNDINGS_CONTACT_KEYS is not valid") from wrong

    def seal(self, reference: str, contact: Contact) -> bytes:
        """Encrypt a contact; the result reveals the hour in which it was encrypted."""
        content = msgspec.json.encode(SealContents(reference, contact))
        return self.box.encrypt_at_time(content, current_time=full_hour())

    def unseal(self, reference: str, sealed: bytes) -> Contact:
        try:
            contents = msgspec.json.decode(self.box.decrypt(sealed), type=SealContents)
        except InvalidToken as wrong:
            raise undecrypted_contact(
                "This contact cannot be decrypted: its key is missing"
            ) from wrong
        if contents.reference != reference:
            raise undecrypted_contact("This contact belongs to another case")
        return contents.contact

    def seal_words(self, words: bytes, hour: int | None = None) -> str:
        """Encrypt typed words that wait to be corrected; the result reveals `hour`, in seconds
        since 1970, or else the current full hour.
        """
        at = full_hour() if hour is None else hour
        return self.box.encrypt_at_time(words, current_time=at).decode()

    def unseal_words(self, sealed: str) -> bytes | None:
        """What was typed, decrypted; None if the key is gone meanwhile."""
        try:
            return self.box.decrypt(sealed)
        except InvalidToken:
            return None

    def seal_text(self, words: str) -> str:
        """Encrypt words of a case; the result reveals only a full hour."""
        return self.seal_words(words.encode())

    def unseal_text(self, sealed: str) -> str:
        words = self.unseal_words(sealed)
        if words is None:
            raise sealed_case()
        return words.decode()

    def seal_file(self, body: bytes) -> bytes:
        """Encrypt a file of a case with AES-GCM; with Fernet the result would be a third larger."""
        mark = secrets.token_bytes(FILE_MARK)
        return mark + self.file_boxes[0].encrypt(mark, body, None)

    def unseal_file(self, sealed: bytes) -> bytes:
        for box in self.file_boxes:
            with contextlib.suppress(InvalidTag):
                return box.decrypt(sealed[:FILE_MARK], sealed[FILE_MARK:], None)
        raise sealed_case()

    @cached_property
    def file_boxes(self) -> list[AESGCM]:
        # A key of their own, derived from each: no key is used by two ciphers.
        return [AESGCM(self.digest_under(key, "files of cases", "")) for key in self.keys]

    def opens(self, sealed: bytes) -> bool:
        try:
            self.box.decrypt(sealed)
        except InvalidToken:
            return False
        return True

    def reseal(self, sealed: bytes) -> bytes:
        """The content, encrypted again with the first key."""
        return self.box.rotate(sealed)

    def passphrases(self, seed: str, reference: str, language: str) -> Iterator[str]:
        """The possible passphrases of a case, derived from its request's key under each of our
        keys, the newest first; then the same in other languages, for a page whose language has
        changed.

        A repeated request gives the same passphrase, although no passphrase is stored.
        """
        first = receipts.passphrase_sort(language)
        for sort in dict.fromkeys((first, *receipts.WORD_LISTS, receipts.DIGITS)):
            for key in self.keys:
                # With the number: a request's key that comes again months later opens no older
                # case.
                digest = self.digest_under(key, f"passphrase {reference}", seed)
                yield receipts.passphrase(digest, sort)

    def request_mark(self, content: bytes) -> bytes:
        """The digest by which a repeated request is recognised.

        It uses the oldest key, so that adding a new one changes no mark.
        """
        return hmac.digest(f"request {self.keys[-1]}".encode(), content, "sha256")

    def resume_seed(self, key: str) -> bytes:
        """The bytes from which the resume code of a draft is made, derived from the draft's key in
        the browser.

        So a second click, or a click whose response was lost, gets the same code.
        """
        return self.digest_under(self.keys[-1], "resume code", key)

    def puzzle_secret(self, purpose: str) -> bytes:
        """A secret for one purpose of the puzzles that devices solve before they send answers."""
        return self.digest_under(self.keys[-1], "puzzle", purpose)

    @staticmethod
    def digest_under(key: str, purpose: str, text: str) -> bytes:
        # The purpose keeps apart what one key is used for.
        return hmac.new(key.encode(), f"{purpose}\0{text}".encode(), hashlib.sha256).digest()


class ReceiptSigner:
    """Signs receipts of complaints with Ed25519, and checks their signatures.

    The key follows from the secret, so all processes have the same one and no other file is kept.
    """

    def __init__(self, secret: str) -> None:
        self.key = Ed25519PrivateKey.from_private_bytes(derive_key(secret, b"receipt key"))
        self.salts = derive_key(secret, b"receipt salts")

    def sign(self, message: bytes) -> str:
        return base64.b64encode(self.key.sign(message)).decode()

    def is_signed(self, message: bytes, signature: str) -> bool:
        try:
            self.key.public_key().verify(base64.b64decode(signature, validate=True), message)
        except (InvalidSignature, binascii.Error, ValueError):
            return False
        return True

    def salt(self, reference: str) -> str:
        """128 bits that are always the same for a case: without them nobody can guess what was
        written by trying texts until the digest matches.
        """
        return hmac.new(self.salts, reference.encode(), hashlib.sha256).hexdigest()[:32]

    def public_key(self) -> str:
        """The public key, as openssl reads it."""
        pem = self.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return pem.decode()


def derive_key(secret: str, purpose: bytes) -> bytes:
    return HKDF(SHA256(), 32, None, b"soundings " + purpose).derive(secret.encode())


def is_weak(secret: str) -> bool:
    """Whether a secret could be guessed: 32 hexadecimal digits are 128 bits, and enough."""
    return len(secret) < 32 or len(set(secret)) < 8


weak_secret = Unavailable.of(
    "secret.weak",
    "SOUNDINGS_SECRET can be guessed: it must be at least 32 random characters.",
    "Set it to what `openssl rand -hex 32` prints, with Docker Compose in .env. Elsewhere you may "
    "also leave it out: one is then created.",
)


def check_secrets(settings: Settings) -> None:
    """Raise if the secret can be guessed or a contact key is not valid, before anything starts."""
    if settings.secret and is_weak(settings.secret):
        raise weak_secret()
    if settings.contact_keys:
        # Made only to raise here: a child that found the fault would be restarted again and again.
        Keyring(parse_keys(settings.contact_keys))


def ensure_secrets(settings: Settings) -> Settings:
    """The settings with a secret and contact keys; missing ones are made and saved in the data
    folder.
    """
    check_secrets(settings)
    return msgspec.structs.replace(
        settings,
        secret=settings.secret
        or read_or_create_secret(settings.data / "secret", secrets.token_hex(32)),
        contact_keys=settings.contact_keys
        or ",".join(parse_keys(read_or_create_secret(settings.data / KEYS_FILE, new_key()))),
    )


def read_or_create_secret(file: Path, made: str) -> str:
    """The content of the file; if there is no file, it is first made with the text `made`, readable
    by its owner only.
    """
    if not file.exists():
        write_private_file(file, made, over=False)
    # Read back, because another process may have made the file first.
    return file.read_text().strip()


def write_private_file(file: Path, text: str, *, over: bool = True) -> None:
    """Write a file in one step, so that a process that dies leaves the old file or the new one.

    With `over=False` a file that another process has made meanwhile is not overwritten.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with (
        contextlib.suppress(FileExistsError),
        make_whole_file(file, over=over, mode=OWNER_ONLY) as part,
    ):
        part.write_text(text)


def new_key() -> str:
    return Fernet.generate_key().decode()


def parse_keys(keys: str) -> list[str]:
    """The keys in the text of a setting, separated by commas, or in the text of a file, one a
    line.
    """
    return [key.strip() for key in keys.replace("\n", ",").split(",") if key.strip()]


def keyring_from_settings(settings: Settings) -> Keyring:
    """The keyring of the settings; if they hold no keys, as in tests, a new keyring for this
    process only.
    """
    return Keyring(parse_keys(settings.contact_keys) or [new_key()])


def find_keyring(settings: Settings) -> Keyring | None:
    """The keyring of the settings or of the existing file; None if there are no keys yet."""
    file = settings.data / KEYS_FILE
    kept_keys = file.read_text() if not settings.contact_keys and file.exists() else ""
    keys = parse_keys(settings.contact_keys or kept_keys)
    return Keyring(keys) if keys else None


def existing_keyring(settings: Settings) -> Keyring:
    """The keyring of the settings or of the existing file; no file is made."""
    # A new key opens nothing, so `doctor` then counts every contact as closed.
    return find_keyring(settings) or Keyring([new_key()])
