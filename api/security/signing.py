"""The key that signs receipts of complaints, which anybody can check with its public half.

It follows from the installation's secret, so all processes have the same one and there is no other
file to keep.
"""

import base64
import binascii
import hashlib
import hmac

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


class ReceiptSigner:
    """Signs receipts with Ed25519 and checks their signatures."""

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
        """128 bits that are always the same for a case: without them nobody can find out what was
        written by guessing until the digest fits.
        """
        return hmac.new(self.salts, reference.encode(), hashlib.sha256).hexdigest()[:32]

    def public_key(self) -> str:
        """The public key, as openssl reads it."""
        found = self.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return found.decode()


def derive_key(secret: str, purpose: bytes) -> bytes:
    return HKDF(SHA256(), 32, None, b"soundings " + purpose).derive(secret.encode())
