"""A page that takes several files at once: listed with name and size, each with its Remove."""

from collections.abc import Iterable
from typing import Annotated, cast

from litestar import Response, get
from litestar.datastructures import FormMultiDict, UploadFile
from litestar.params import PathParameter

from api import intake
from api.pages.resident import sentences
from api.pages.resident.asking import FILES
from api.pages.resident.fields import Values, first
from api.pages.resident.refusing import Asked, Errors
from api.pages.resident.steps import Step
from api.pages.resident.walking import FromWalk, Walk, ident_of, load_files
from api.wiring import FromDatabase
from survey import attachments
from survey.attachments import MOST_FILES, photos
from survey.instruments import File, Image
from survey.problems import NotFound, Problem, Unavailable
from survey.responses import Answer, Answers, Round
from survey.store import attachments as attachment_store
from survey.store.database import Database

MOST_NAME = 60
Ident = Annotated[str, PathParameter(pattern=r"^[0-9a-f]{24}$")]


async def take(
    database: Database, walk: Walk, step: Step, form: FormMultiDict, values: Values
) -> Asked | None:
    """Keep the files that were chosen and let go of those that were removed."""
    assert walk.draft is not None
    assert step.file is not None
    rounds = rounds_without(walk, step, first(values, "remove"))
    errors: Errors = []
    for upload in form.getall(FILES, []):
        if not isinstance(upload, UploadFile) or not upload.filename:
            continue
        try:
            mark = await keep(database, walk, step.file, upload, len(rounds))
        except Unavailable:
            raise
        except Problem as problem:
            name = upload.filename[:MOST_NAME]
            kind = walk.instrument.kind
            errors.append((FILES, sentences.of_file(step.file, problem.code, kind, called=name)))
        else:
            rounds.append({step.file.name: mark})
            walk.draft.file_names[mark] = upload.filename[:MOST_NAME]
    walk.draft.answers = walk.draft.answers | rounds_of(step, rounds)
    return Asked(errors=errors) if errors else None


def rounds_without(walk: Walk, step: Step, removed: str) -> list[Round]:
    assert walk.draft is not None
    assert step.file is not None
    rounds = walk.draft.answers.get(step.repeat)
    given = [one for one in rounds if isinstance(one, dict)] if isinstance(rounds, list) else []
    marks = [(one, str(one.get(step.file.name) or "")) for one in given]
    return [one for one, mark in marks if mark and ident_of(mark) != removed]


def rounds_of(step: Step, rounds: list[Round]) -> Answers:
    return {step.repeat: cast(Answer, rounds)}


async def keep(
    database: Database, walk: Walk, item: Image | File, upload: UploadFile, there: int
) -> str:
    if there >= MOST_FILES:
        raise attachments.too_many()
    body = await upload.read(attachments.most_bytes(item, walk.instrument.kind) + 1)
    return await intake.keep_file(database, walk.instrument, item, body, quarantine=walk.quarantine)


def drop_lost(walk: Walk, step: Step, lost: Iterable[str]) -> bool:
    """Let go of the files that are no longer here; whether there were any."""
    assert walk.draft is not None
    assert step.file is not None
    gone, rounds = set(lost), rounds_without(walk, step, "")
    left = [
        one
        for number, one in enumerate(rounds, 1)
        if f"{step.repeat}.{number}.{step.file.name}" not in gone
    ]
    walk.draft.answers = walk.draft.answers | rounds_of(step, left)
    return len(left) < len(rounds)


@get(
    ["/surveys/{slug:str}/files/{ident:str}", "/complaints/files/{ident:str}"],
    include_in_schema=False,
)
async def picture(database: FromDatabase, walk: FromWalk, ident: Ident) -> Response[bytes]:
    """A small picture of one that waits to be sent, for the browser that holds its draft."""
    await load_files(database, walk)
    shown = next((one for one in walk.files.values() if one.ident == ident), None)
    body = None
    if shown and shown.is_picture:
        async with database.connection() as connection:
            body = await attachment_store.body_of_waiting(connection, shown.mark)
    small = await intake.small_picture(body) if body else None
    if small is None:
        raise NotFound("address.unknown", "There is no such picture.")
    return Response(small, media_type=photos.SMALL_TYPE)


HANDLERS = [picture]
