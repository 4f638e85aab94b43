"""Files on questionnaire pages: stored when their page is sent, held as long as the draft."""

from collections.abc import Collection, Iterator
from typing import cast

from litestar.datastructures import FormMultiDict, UploadFile

from api.operations.answers import submissions
from api.pages.forms import Errors, Form, Values, first_value
from api.pages.resident.questionnaire import sentences, steps
from api.pages.resident.questionnaire.asking import (
    FILES_FIELD,
    answers_with_one,
    field_name,
    saved_form,
)
from api.pages.resident.questionnaire.drafts import ResidentDraft
from api.pages.resident.questionnaire.steps import QuestionnaireStep
from api.pages.resident.questionnaire.walking import Walk
from api.pages.resident.uploads import filing
from api.pages.templating import AnyRequest, declining
from survey.media import attachments
from survey.media.attachments import GONE, MOST_FILES
from survey.problems import Fault, Problem, Unavailable
from survey.store.answers import attachments as attachment_store
from survey.store.database import Connection, Database
from survey.surveys.instruments import WITHHELD, FileItem
from survey.surveys.responses import attachments_in

MOST_TYPED = 300_000
MOST_SENT = attachments.MOST_TOGETHER + 2_000_000  # with the form around them


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


def too_large_form(walk: Walk, step: QuestionnaireStep) -> Form:
    """The form to show again when an upload was too large to be read."""
    again, wrong = saved_form(walk, step), attachments.attachment_too_large()
    again.errors = [
        file_error(step, item, wrong, walk.instrument.kind) for item in file_questions(step)
    ]
    return again


def file_marks(walk: Walk, draft: ResidentDraft) -> set[str]:
    return {file.mark for file in attachments_in(walk.instrument, draft.answers)}


async def save_uploads(
    database: Database, walk: Walk, step: QuestionnaireStep, form: FormMultiDict, values: Values
) -> Errors:
    """Store the files of a page and put their marks among the typed values.

    At once, so that an error elsewhere on the page does not lose them.
    """
    draft = walk.draft
    assert draft is not None
    errors: Errors = []
    for item in file_questions(step):
        at = field_name(step, item)
        mark = earlier_mark(step, draft, item)
        if is_file_declined(item, values, at):
            mark = ""
        elif upload := chosen_upload(form, at):
            try:
                mark = await save_replacement(database, walk, item, upload, mark)
                draft.file_names[mark] = upload.filename[: filing.MOST_NAME]
            except Unavailable:
                # Not about this file: any other would be refused as well.
                raise
            except Problem as problem:
                errors.append(file_error(step, item, problem, walk.instrument.kind))
        elif first_value(values, f"{at}-remove"):
            mark = ""
        # Replaces whatever the form sent here: nobody can attach a file by naming its mark.
        values[at] = [mark] if mark else []
        draft.answers = answers_with_one(step, draft.answers, item.name, mark)
    return errors


def earlier_mark(step: QuestionnaireStep, draft: ResidentDraft, item: FileItem) -> str:
    """The mark of the file that was sent before."""
    answer = steps.step_answers(step, draft.answers).get(item.name, "")
    return str(answer) if answer not in WITHHELD else ""


def is_file_declined(item: FileItem, values: Values, at: str) -> bool:
    skipped = bool(values.get("skip")) and not item.required
    return skipped or (item.may_decline and bool(first_value(values, declining(at))))


def chosen_upload(form: FormMultiDict, at: str) -> UploadFile | None:
    return next((one for one in form.getall(at, []) if isinstance(one, UploadFile)), None)


async def save_replacement(
    database: Database, walk: Walk, item: FileItem, upload: UploadFile, before: str
) -> str:
    # The file that is replaced makes room for the new one.
    there = file_marks(walk, cast(ResidentDraft, walk.draft)) - {before}
    if len(there) >= MOST_FILES:
        raise attachments.too_many_attachments()
    # One byte over the limit is enough to refuse it, without reading the rest.
    body = await upload.read(attachments.most_bytes(item, walk.instrument.kind) + 1)
    return await submissions.save_file(
        database, walk.instrument, item, body, quarantine=walk.quarantine
    )


def file_error(
    step: QuestionnaireStep, item: FileItem, problem: Problem, kind: str
) -> tuple[str, str]:
    return field_name(step, item), sentences.file_sentence(item, problem.code, kind)


def form_with_errors(again: Form | None, errors: Errors, values: Values) -> Form | None:
    """The form with the errors of refused files, each as the only error of its field."""
    if not errors:
        return again
    refused_at = {at for at, _ in errors}
    others = [one for one in (again.errors if again else []) if one[0] not in refused_at]
    return Form(values=values, errors=[*errors, *others])


async def update_held_files(
    connection: Connection, before: Collection[str], after: Collection[str]
) -> None:
    """Discard files that were replaced or removed; hold the others as long as the draft."""
    if gone := set(before) - set(after):
        await attachment_store.delete_waiting(connection, gone)
    if after:
        await attachment_store.extend_expiry(connection, after)


def drop_lost_file(walk: Walk, problem: Problem) -> tuple[QuestionnaireStep, Form] | None:
    """Remove a file that no longer exists from the draft; returns the page to ask again."""
    draft = walk.draft
    assert draft is not None
    lost = {fault.where for fault in problem.faults if fault.sentence == GONE}
    for step in walk.steps:
        if step.file and filing.drop_lost_files(walk, step, lost):
            gone = [Fault(step.file.name, GONE)]
            return step, Form(errors=sentences.item_errors(step.file, gone, FILES_FIELD))
        for item in steps.step_questions(step):
            if not isinstance(item, FileItem):
                continue
            if step.address(item.name) in lost:
                draft.answers = answers_with_one(step, draft.answers, item.name, "")
                again = saved_form(walk, step)
                gone = [Fault(item.name, GONE)]
                again.errors = sentences.item_errors(item, gone, field_name(step, item))
                return step, again
    return None
