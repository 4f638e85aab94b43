"""Signs the receipt of a case: a digest of what its owner wrote, under the installation's key."""

import datetime
import hashlib

import msgspec

from api.security.keyring import ReceiptSigner
from survey.cases.signed_receipts import SignedReceipt, receipt_text, week_name
from survey.surveys.responses import Answers


class WrittenCase(msgspec.Struct, frozen=True, kw_only=True):
    """What the owner of a case wrote until now. `salt` makes the digest one that cannot be found by
    guessing what was written.
    """

    number: str
    received: datetime.date
    salt: str
    borough: str
    answers: Answers
    texts: dict[str, str]
    messages: list[str]

    def content(self) -> bytes:
        """The file of which the receipt has the digest: the same bytes whenever it is made."""
        facts = msgspec.structs.asdict(self) | {"received": week_name(self.received)}
        return msgspec.json.format(msgspec.json.encode(facts, order="sorted"), indent=1) + b"\n"


def sign_receipt(
    signer: ReceiptSigner, site: str, written: WrittenCase, today: datetime.date
) -> str:
    """The receipt as a text file, signed."""
    receipt = SignedReceipt(
        site=site,
        number=written.number,
        received=week_name(written.received),
        made=week_name(today),
        digest=hashlib.sha256(written.content()).hexdigest(),
    )
    return receipt_text(receipt, signer.sign(receipt.message().encode()))
