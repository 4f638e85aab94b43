"""What encrypts the words and files of cases, under keys that the database does not have."""

from typing import Protocol


class Sealer(Protocol):
    """Encrypts with the newest key and decrypts with each; raises if no key fits."""

    def seal_text(self, words: str) -> str: ...

    def unseal_text(self, sealed: str) -> str: ...

    def seal_file(self, body: bytes) -> bytes: ...

    def unseal_file(self, sealed: bytes) -> bytes: ...
