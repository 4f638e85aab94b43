"""Files that answer a question: saved, listed with name and size, shown small, and removed."""

import contextlib
from collections.abc import Iterable, Iterator
from typing import Annotated, cast

import anyio.to_thread
from litestar import Response, get
from litestar.datastructures import FormMultiDict, UploadFile
from litestar.params import PathParameter

from api.dependencies import FromDatabase
from api.error_handlers import unknown_picture
from api.operations.answers import submissions
from api.pages.filters import declining
from api.pages.forms import Errors, Form, Values, first_value
from api.pages.resident.questionnaire import refusals, step_forms, steps
from api.pages.resident.questionnaire.drafts import ResidentDraft
from api.pages.resident.questionnaire.steps import QuestionnaireStep
from api.pages.resident.questionnaire.walk import FromWalk, Walk, file_id, load_files
from api.pages.shell import AnyRequest
from survey import media
from survey.media import GONE, MOST_FILES, pictures
from survey.media.parts import UnreadableFile
from survey.problems import Fault, Problem, Unavailable
from survey.store.answers import attachments as attachment_store
from survey.store.database import Database
from survey.surveys.instruments import WITHHELD, FileItem
from survey.surveys.item_types.answers import Answer, Answers, Round
from survey.surveys.responses import attachments_in

MOST_NAME = 60
FileId = Annotated[str, PathParameter(pattern=r"^[0-9a-f]{24}$")]
MOST_TYPED = 300_000
MOST_SENT = media.MOST_TOGETHER + 2_000_000  # with the form around them


async def save_files(
    database: Database, walk: Walk, step: QuestionnaireStep, form: FormMultiDict, values: Values
) -> Form | None:
    """Store the chosen files and remove those whose Remove button was pressed."""
    assert walk.draft is not None
    assert step.file is not None
    rounds = rounds_without_file(walk, step, first_value(values, "remove"))
    errors: Errors = []
    for upload in form.getall(step_forms.FILES_FIELD, []):
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
                (
                    step_forms.FILES_FIELD,
                    refusals.file_sentence(step.file, problem.code, kind, called=name),
                )
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
    given = (
        [round_answers for round_answers in rounds if isinstance(round_answers, dict)]
        if isinstance(rounds, list)
        else []
    )
    marks = [
        (round_answers, str(round_answers.get(step.file.name) or "")) for round_answers in given
    ]
    return [round_answers for round_answers, mark in marks if mark and file_id(mark) != removed]


def rounds_answer(step: QuestionnaireStep, rounds: list[Round]) -> Answers:
    return {step.repeat: cast(Answer, rounds)}


async def save_file(
    database: Database, walk: Walk, item: FileItem, upload: UploadFile, there: int
) -> str:
    if there >= MOST_FILES:
        raise media.too_many_attachments()
    body = await upload.read(media.most_bytes(item, walk.instrument.kind) + 1)
    return await submissions.save_file(
        database, walk.instrument, item, body, quarantine=walk.quarantine
    )


def drop_lost_files(walk: Walk, step: QuestionnaireStep, lost: Iterable[str]) -> bool:
    """Remove files that no longer exist from the draft; returns whether there were any."""
    assert walk.draft is not None
    assert step.file is not None
    gone, rounds = set(lost), rounds_without_file(walk, step, "")
    left = [
        round_answers
        for number, round_answers in enumerate(rounds, 1)
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
    shown = next((file for file in walk.files.values() if file.ident == ident), None)
    body = None
    if shown and shown.is_picture:
        async with database.connection() as connection:
            body = await attachment_store.find_waiting_body(connection, shown.mark)
    small = await make_thumbnail(body) if body else None
    if small is None:
        raise unknown_picture()
    return Response(small, media_type=pictures.SMALL_TYPE)


async def make_thumbnail(body: bytes) -> bytes | None:
    """A picture at thumbnail size; None if it cannot be read."""
    with contextlib.suppress(UnreadableFile):
        return await anyio.to_thread.run_sync(
            pictures.thumbnail, body, limiter=submissions.CLEANING_LIMIT
        )
    return None


def file_questions(step: QuestionnaireStep) -> Iterator[FileItem]:
    """The questions of a page that are answered with a file."""
    items = (*steps.step_questions(step), step.file)
    yield from (item for item in items if isinstance(item, FileItem))


def is_too_large(request: AnyRequest, step: QuestionnaireStep | None) -> bool:
    """Whether a request is too large, known before anything is read.

    A request that does not say how large it is does not come from one of our pages.
    """
    sends_files = step is not None and any(file_questions(step))
    # Sent in chunks: files are stopped by the limit of the route while they are read.
    if "transfer-encoding" in request.headers:
        return not sends_files
    return (request.content_length or 0) > (MOST_SENT if sends_files else MOST_TYPED)


def file_marks(walk: Walk, draft: ResidentDraft) -> set[str]:
    return {file.mark for file in attachments_in(walk.instrument, draft.answers)}


async def save_uploads(
    database: Database, walk: Walk, step: QuestionnaireStep, form: FormMultiDict, values: Values
) -> Errors:
    """Store the files of a page and put their marks among the typed values; returns the errors.

    The files are stored at once, so that an error elsewhere on the page does not lose them.
    """
    draft = walk.draft
    assert draft is not None
    errors: Errors = []
    for item in file_questions(step):
        at = step_forms.field_name(step, item)
        answer = steps.step_answers(step, draft.answers).get(item.name, "")
        mark = str(answer) if answer not in WITHHELD else ""
        skipped = bool(values.get("skip")) and not item.required
        if skipped or (item.may_decline and bool(first_value(values, declining(at)))):
            mark = ""
        elif upload := next(
            (file for file in form.getall(at, []) if isinstance(file, UploadFile)), None
        ):
            try:
                # The file that is replaced makes room for the new one.
                there = file_marks(walk, cast(ResidentDraft, walk.draft)) - {mark}
                if len(there) >= MOST_FILES:
                    raise media.too_many_attachments()
                # One byte over the limit is enough to refuse it, without reading the rest.
                body = await upload.read(media.most_bytes(item, walk.instrument.kind) + 1)
                mark = await submissions.save_file(
                    database, walk.instrument, item, body, quarantine=walk.quarantine
                )
                draft.file_names[mark] = upload.filename[:MOST_NAME]
            except Unavailable:
                # Not about this file: any other would be refused as well.
                raise
            except Problem as problem:
                errors.append(file_error(step, item, problem, walk.instrument.kind))
        elif first_value(values, f"{at}-remove"):
            mark = ""
        # Replaces whatever the form sent here: nobody can attach a file by naming its mark.
        values[at] = [mark] if mark else []
        draft.answers = step_forms.answers_with_one(step, draft.answers, item.name, mark)
    return errors


def file_error(
    step: QuestionnaireStep, item: FileItem, problem: Problem, kind: str
) -> tuple[str, str]:
    return step_forms.field_name(step, item), refusals.file_sentence(item, problem.code, kind)


def drop_lost_file(walk: Walk, problem: Problem) -> tuple[QuestionnaireStep, Form] | None:
    """Remove a file that no longer exists from the draft; returns the page to ask again."""
    draft = walk.draft
    assert draft is not None
    lost = {fault.where for fault in problem.faults if fault.sentence == GONE}
    for step in walk.steps:
        if step.file and drop_lost_files(walk, step, lost):
            gone = [Fault(step.file.name, GONE)]
            return step, Form(errors=refusals.item_errors(step.file, gone, step_forms.FILES_FIELD))
        for item in steps.step_questions(step):
            if not isinstance(item, FileItem):
                continue
            if step.address(item.name) in lost:
                draft.answers = step_forms.answers_with_one(step, draft.answers, item.name, "")
                again = step_forms.saved_form(walk, step)
                gone = [Fault(item.name, GONE)]
                again.errors = refusals.item_errors(item, gone, step_forms.field_name(step, item))
                return step, again
    return None


HANDLERS = [
    show_waiting_thumbnail,
]
