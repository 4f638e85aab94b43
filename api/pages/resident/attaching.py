"""Files on the way: kept when their page is sent, held by the draft under their marks."""

from collections.abc import Iterable, Iterator
from typing import cast

from litestar.datastructures import FormMultiDict, UploadFile

from api import intake
from api.pages.resident import fields, filing, sentences, steps
from api.pages.resident.asking import FILES, field_name, given_before, put_one
from api.pages.resident.drafts import Draft
from api.pages.resident.fields import Values
from api.pages.resident.refusing import Asked, Errors
from api.pages.resident.steps import Step
from api.pages.resident.walking import Walk
from api.pages.templating import AnyRequest, declining
from survey import attachments
from survey.attachments import GONE, MOST_FILES
from survey.instruments import WITHHELD, File, Image
from survey.problems import Fault, Problem, Unavailable
from survey.responses import attached_in
from survey.store import attachments as attachment_store
from survey.store.database import Connection, Database

MOST_TYPED = 300_000
MOST_SENT = 40_000_000  # some files of a page may be too large and are still told so in words


def asked_on(step: Step) -> Iterator[Image | File]:
    """The questions of a page that are answered with a file."""
    items = (*steps.questions(step), step.file)
    yield from (item for item in items if isinstance(item, Image | File))


def is_too_large(request: AnyRequest, step: Step | None) -> bool:
    """Known before anything is read; what does not say how large it is comes from no page."""
    sends_files = step is not None and any(asked_on(step))
    if "transfer-encoding" in request.headers:
        return not sends_files
    return (request.content_length or 0) > (MOST_SENT if sends_files else MOST_TYPED)


def all_too_large(walk: Walk, step: Step) -> Asked:
    """How to ask again when nothing of a page was read."""
    again, wrong = given_before(walk, step), attachments.too_large()
    again.errors = [refusal(step, item, wrong, walk.instrument.kind) for item in asked_on(step)]
    return again


def marks_in(walk: Walk, draft: Draft) -> set[str]:
    return {file.mark for file in attached_in(walk.instrument, draft.answers)}


async def receive(
    database: Database, walk: Walk, step: Step, form: FormMultiDict, values: Values
) -> Errors:
    """Keep the files of a page and put their marks where the answers are typed.

    At once, so that a fault elsewhere on the page does not lose them.
    """
    draft = walk.draft
    assert draft is not None
    errors: Errors = []
    for item in asked_on(step):
        at = field_name(step, item)
        mark = given(step, draft, item)
        if is_unwanted(item, values, at):
            mark = ""
        elif upload := chosen(form, at):
            try:
                mark = await replaced(database, walk, item, upload, mark)
                draft.file_names[mark] = upload.filename[: filing.MOST_NAME]
            except Unavailable:
                raise
            except Problem as problem:
                errors.append(refusal(step, item, problem, walk.instrument.kind))
        elif fields.first(values, f"{at}-remove"):
            mark = ""
        values[at] = [mark] if mark else []
        draft.answers = put_one(step, draft.answers, item.name, mark)
    return errors


def given(step: Step, draft: Draft, item: Image | File) -> str:
    """The mark of the file that was sent before."""
    answer = steps.answers_on(step, draft.answers).get(item.name, "")
    return str(answer) if answer not in WITHHELD else ""


def is_unwanted(item: Image | File, values: Values, at: str) -> bool:
    skipped = bool(values.get("skip")) and not item.required
    return skipped or (item.may_decline and bool(fields.first(values, declining(at))))


def chosen(form: FormMultiDict, at: str) -> UploadFile | None:
    return next((one for one in form.getall(at, []) if isinstance(one, UploadFile)), None)


async def replaced(
    database: Database, walk: Walk, item: Image | File, upload: UploadFile, before: str
) -> str:
    there = marks_in(walk, cast(Draft, walk.draft)) - {before}
    if len(there) >= MOST_FILES:
        raise attachments.too_many()
    body = await upload.read(attachments.most_bytes(item, walk.instrument.kind) + 1)
    return await intake.keep_file(database, walk.instrument, item, body, quarantine=walk.quarantine)


def refusal(step: Step, item: Image | File, problem: Problem, kind: str) -> tuple[str, str]:
    return field_name(step, item), sentences.of_file(item, problem.code, kind)


def with_errors(again: Asked | None, errors: Errors, values: Values) -> Asked | None:
    """A file that was not taken is the reason why there is no answer, and is told alone."""
    if not errors:
        return again
    told = {at for at, _ in errors}
    others = [one for one in (again.errors if again else []) if one[0] not in told]
    return Asked(values=values, errors=[*errors, *others])


async def tidy(connection: Connection, before: Iterable[str], after: Iterable[str]) -> None:
    """Drop what was replaced or removed; hold the rest for as long as the draft."""
    if gone := set(before) - set(after):
        await attachment_store.discard(connection, gone)
    if after:
        await attachment_store.hold(connection, after)


def let_go(walk: Walk, problem: Problem) -> tuple[Step, Asked] | None:
    """The page to ask again where a file is no longer here; it leaves the draft."""
    draft = walk.draft
    assert draft is not None
    lost = {fault.where for fault in problem.faults if fault.sentence == GONE}
    for step in walk.steps:
        if step.file and filing.drop_lost(walk, step, lost):
            gone = [Fault(step.file.name, GONE)]
            return step, Asked(errors=sentences.errors_of(step.file, gone, FILES))
        for item in steps.questions(step):
            if not isinstance(item, Image | File):
                continue
            if step.address(item.name) in lost:
                draft.answers = put_one(step, draft.answers, item.name, "")
                again = given_before(walk, step)
                gone = [Fault(item.name, GONE)]
                again.errors = sentences.errors_of(item, gone, field_name(step, item))
                return step, again
    return None
