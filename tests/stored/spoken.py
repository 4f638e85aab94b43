"""A complaint with a sound attached, and what a machine heard in it."""

from pathlib import Path

from api.operations.answers import submissions
from survey.cases.transcripts import MachineTranscript, SpokenPart
from survey.store.answers import attachments
from survey.store.cases import complaints, transcripts
from survey.store.surveys import instruments
from survey.surveys.instruments import File
from survey.surveys.ready import COMPLAINT
from tests.stored.complaint_forms import create_case

# Spoken by espeak-ng, an American voice, as an Opus file.
SOUND = (Path(__file__).parents[1] / "files/spoken.ogg").read_bytes()
SAID = (
    "They shone a red dot on my brother outside the bakery."
    " He had his hands up, and nobody told him why."
)
HEARD = MachineTranscript(
    language="en",
    seconds=7.3,
    cut=False,
    parts=(
        SpokenPart(0.0, 3.3, "They shot a red dot on my brother outside the bakery.", 0.5),
        SpokenPart(3.5, 7.0, "He had his hands up, and nobody told him why.", 0.9),
    ),
)


async def attach_sound(db, reference, sound=SOUND, *, quarantine=False):
    """The id of a sound that was attached to a case as its sender would."""
    connection = db.the_connection
    form, _ = await instruments.get(connection, COMPLAINT)
    item = File(name="evidence_file", text={})
    mark = await submissions.save_file(db, form, item, sound, quarantine=quarantine)
    await attachments.attach(
        connection, reference, COMPLAINT, {mark: "evidence_file"}, to_case=True
    )
    case = await complaints.get(connection, reference)
    return (await attachments.load_for_case(connection, case.id))[-1].id


async def save_heard(connection, attachment):
    """Let a machine have heard the next sound, which is this one."""
    assert (await transcripts.claim(connection)).attachment == attachment
    await transcripts.save_heard(connection, attachment, HEARD)


async def create_spoken_case(db, **given):
    """The receipt of a case and the id of its sound."""
    receipt = await create_case(db, **given)
    return receipt, await attach_sound(db, receipt.reference)
