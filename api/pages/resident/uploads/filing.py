"""A page that takes several files: each listed with name and size and a Remove button."""

import contextlib
from collections.abc import Iterable
from typing import Annotated, cast

import anyio.to_thread
from litestar import Response, get
from litestar.datastructures import FormMultiDict, UploadFile
from litestar.params import PathParameter

from api.dependencies import FromDatabase
from api.error_handlers import unknown_picture
from api.operations.answers import submissions
from api.pages.forms import Errors, Form, Values, first_value
from api.pages.resident.questionnaire import sentences
from api.pages.resident.questionnaire.asking import FILES_FIELD
from api.pages.resident.questionnaire.steps import QuestionnaireStep
from api.pages.resident.questionnaire.walking import FromWalk, Walk, file_id, load_files
from survey.media import attachments, pictures
from survey.media.attachments import MOST_FILES
from survey.media.parts import UnreadableFile
from survey.problems import Problem, Unavailable
from survey.store.answers import attachments as attachment_store
from survey.store.database import Database
from survey.surveys.instruments import FileItem
from survey.surveys.item_types.answers import Answer, Answers, Round

MOST_NAME = 60
FileId = Annotated[str, PathParameter(pattern=r"^[0-9a-f]{24}$")]


async def save_files(
    database: Database, walk: Walk, step: QuestionnaireStep, form: FormMultiDict, values: Values
) -> Form | None:
    """Store the chosen files and remove those whose Remove button was pressed."""
    assert walk.draft is not None
    assert step.file is not None
    rounds = rounds_without_file(walk, step, first_value(values, "remove"))
    errors: Errors = []
    for upload in form.getall(FILES_FIELD, []):
        # Browsers send an empty part without a name for a field in which no file was chosen.
        if not isinstance(upload, UploadFile) or not upload.filename:
            continue
        try:
            mark = await save_file(database, walk, step.file, upload, len(rounds))
        except Unavailable:
            # Not about this file: any other would be refused as well.
            raise
        except Problem as problem:
            name = upload.filename[:MOST_NAME]
            kind = walk.instrument.kind
            errors.append(
                (FILES_FIELD, sentences.file_sentence(step.file, problem.code, kind, called=name))
            )
        else:
            rounds.append({step.file.name: mark})
            walk.draft.file_names[mark] = upload.filename[:MOST_NAME]
    walk.draft.answers = walk.draft.answers | rounds_answer(step, rounds)
    return Form(errors=errors) if errors else None


def rounds_without_file(walk: Walk, step: QuestionnaireStep, removed: str) -> list[Round]:
    assert walk.draft is not None
    assert step.file is not None
    rounds = walk.draft.answers.get(step.repeat)
    given = [one for one in rounds if isinstance(one, dict)] if isinstance(rounds, list) else []
    marks = [(one, str(one.get(step.file.name) or "")) for one in given]
    return [one for one, mark in marks if mark and file_id(mark) != removed]


def rounds_answer(step: QuestionnaireStep, rounds: list[Round]) -> Answers:
    return {step.repeat: cast(Answer, rounds)}


async def save_file(
    database: Database, walk: Walk, item: FileItem, upload: UploadFile, there: int
) -> str:
    if there >= MOST_FILES:
        raise attachments.too_many_attachments()
    body = await upload.read(attachments.most_bytes(item, walk.instrument.kind) + 1)
    return await submissions.save_file(
        database, walk.instrument, item, body, quarantine=walk.quarantine
    )


def drop_lost_files(walk: Walk, step: QuestionnaireStep, lost: Iterable[str]) -> bool:
    """Remove files that no longer exist from the draft; returns whether there were any."""
    assert walk.draft is not None
    assert step.file is not None
    gone, rounds = set(lost), rounds_without_file(walk, step, "")
    left = [
        one
        for number, one in enumerate(rounds, 1)
        if f"{step.repeat}.{number}.{step.file.name}" not in gone
    ]
    walk.draft.answers = walk.draft.answers | rounds_answer(step, left)
    return len(left) < len(rounds)


@get(
    ["/surveys/{slug:str}/files/{ident:str}", "/complaints/files/{ident:str}"],
    include_in_schema=False,
)
async def show_waiting_thumbnail(
    database: FromDatabase, walk: FromWalk, ident: FileId
) -> Response[bytes]:
    """A thumbnail of a file that is not sent yet, for the browser that has its draft."""
    # Looked up in the draft of this browser only, so that nobody reaches a file of others.
    await load_files(database, walk)
    shown = next((one for one in walk.files.values() if one.ident == ident), None)
    body = None
    if shown and shown.is_picture:
        async with database.connection() as connection:
            body = await attachment_store.find_waiting_body(connection, shown.mark)
    small = await make_thumbnail(body) if body else None
    if small is None:
        raise unknown_picture()
    return Response(small, media_type=pictures.SMALL_TYPE)


HANDLERS = [show_waiting_thumbnail]


async def make_thumbnail(body: bytes) -> bytes | None:
    """A picture at thumbnail size; None if it cannot be read."""
    with contextlib.suppress(UnreadableFile):
        return await anyio.to_thread.run_sync(
            pictures.thumbnail, body, limiter=submissions.CLEANING_LIMIT
        )
    return None
