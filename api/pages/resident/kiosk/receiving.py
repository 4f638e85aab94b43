"""From the fields that a kiosk sent to the answers of one person."""

from collections.abc import Iterator

from litestar.datastructures import FormMultiDict, UploadFile

from api.operations.answers.kiosks import KioskAnswer, SentFile
from api.pages.forms import Values, first_value, form_values, whole_number
from api.pages.resident.kiosk.laying import HOME, question_at
from api.pages.resident.questionnaire import fields
from api.pages.resident.questionnaire.steps import single_file
from survey.formats.languages import OFFERED_NAMES
from survey.media import attachments
from survey.surveys.instruments import FileItem, Instrument, Item, Repeat
from survey.surveys.item_types.answers import Answers
from survey.surveys.responses import Submission

FILES = "files-"  # before the name of a repeat, in the field of its files


def sent_version(values: Values) -> int:
    """The version of the survey that the device asked; 0 if it does not say."""
    return whole_number(first_value(values, "version")) or 0


async def read_kiosk_answer(form: FormMultiDict, instrument: Instrument) -> KioskAnswer:
    """The answers to the version of a survey that a device asked, with their files."""
    values = form_values(form)
    answers: Answers = {}
    files: list[SentFile] = []
    for item in instrument.all_questions():
        if isinstance(item, Repeat):
            only = single_file(item)
            if only is not None:
                files += [
                    await read_upload(one, only, instrument, item.name)
                    for one in uploads_in(form, FILES + item.name)
                ]
        elif isinstance(item, FileItem):
            uploads = [*uploads_in(form, question_at(item.name))]
            files += [await read_upload(one, item, instrument) for one in uploads[:1]]
            if not uploads:
                answers |= read_question(item, values)
        elif item.is_asked and not item.read_only:
            answers |= read_question(item, values)
    language = first_value(values, "language")
    return KioskAnswer(
        asked=instrument,
        submission=Submission(
            area=first_value(values, question_at(HOME)) or None,
            language=language if language in OFFERED_NAMES else "en",
            may_quote=first_value(values, "may_quote") == "yes",
            answers=answers,
        ),
        files=files,
    )


def read_question(item: Item, values: Values) -> Answers:
    """The answers to a question; none if none of its fields was sent, as it was not asked."""
    at = question_at(item.name)
    if not any(name == at or name.startswith(f"{at}-") for name in values):
        return {}
    if isinstance(item, FileItem):
        found = fields.parse_answers(item, {k: v for k, v in values.items() if k != at}, at)
        return {name: answer for name, answer in found.items() if answer}
    return fields.parse_answers(item, values, at)


def uploads_in(form: FormMultiDict, name: str) -> Iterator[UploadFile]:
    yield from (one for one in form.getall(name, []) if isinstance(one, UploadFile))


async def read_upload(
    upload: UploadFile, item: FileItem, instrument: Instrument, repeat: str = ""
) -> SentFile:
    body = await upload.read(attachments.most_bytes(item, instrument.kind) + 1)
    return SentFile(item=item, repeat=repeat, body=body)
