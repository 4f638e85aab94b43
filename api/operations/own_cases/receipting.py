"""Signs the receipt of a case: a digest of what its owner wrote, under the installation's key."""

import datetime
import hashlib

import msgspec

from api import clock
from api.operations.own_cases.reading import OWNER_EVENTS
from api.security.keyring import ReceiptSigner
from survey.cases.signed_receipts import SignedReceipt, receipt_text, week_name
from survey.store.cases import complaints, events
from survey.store.database import Connection, Database
from survey.surveys.item_types.answers import Answers


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


async def load_written_case(
    database: Database, signer: ReceiptSigner, reference: str
) -> WrittenCase:
    async with database.connection() as connection:
        case = await complaints.get(connection, reference)
        return WrittenCase(
            number=reference,
            received=case.received_at.astimezone(clock.LONDON).date(),
            salt=signer.salt(reference),
            borough=case.area,
            answers=case.answers,
            texts=await complaints.load_written_texts(connection, case.id),
            messages=await load_own_messages(connection, case.id),
        )


async def load_own_messages(connection: Connection, complaint: str) -> list[str]:
    """What the owner wrote after the complaint, in order."""
    lines = await events.load_timeline(connection, complaint)
    return [line.body for line in lines if line.body and line.event.kind in OWNER_EVENTS]
