"""All questions of a survey on one page, in sections, and what a script has to know of them."""

from collections.abc import Iterable, Iterator
from functools import lru_cache

import msgspec
from litestar.datastructures import FormMultiDict, UploadFile

from api.locales import LANGUAGE, gettext
from api.operations.answers.kiosks import KioskAnswer, SentFile
from api.pages.filters import plain
from api.pages.forms import Values, first_value, form_values
from api.pages.resident.questionnaire import form_answers, refusals
from api.pages.resident.questionnaire.form_answers import Piping
from api.pages.resident.questionnaire.steps import single_file
from survey import media
from survey.formats.expressions import logic as expressions
from survey.formats.expressions.logic import BROKEN
from survey.formats.expressions.portable import PortableForm, portable_form
from survey.formats.languages import OFFERED_NAMES
from survey.problems import Fault
from survey.sentences import N_
from survey.surveys import instruments
from survey.surveys.expressions import UnreadableExpression
from survey.surveys.item_types.answers import Answers, DayAndCity
from survey.surveys.responses import MISSING, EvaluationResult, Submission
from survey.surveys.sharing import OneEach

# Around the name of an answer that the script fills into words; no survey has these letters.
PLACE = "\ue100", "\ue101"
HOME = (
    "_home"  # the borough, where no question of the survey asks for it; no question has this name
)
HOME_QUESTIONS = {
    "survey": N_("Which borough do you live in?"),
    "feedback": N_("Which borough is it about?"),
    "complaint": N_("In which borough did it happen?"),
}
REPEAT_FILES = "files-"  # before the name of a repeat, in the field of its files


class KioskSection(msgspec.Struct, frozen=True):
    """Questions that are on the screen together, and the words before them.

    `files` is a question that may be answered with several files; its repeat is named `repeat`.
    """

    title: instruments.Wording
    items: tuple[instruments.Item, ...]
    repeat: str = ""
    files: instruments.FileItem | None = None


class DeviceMessage(msgspec.Struct, frozen=True):
    """A limit that an answer must keep to, and the message if it does not."""

    name: str
    bound: float
    message: str


class KioskQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """What the kiosk's script must know of a question: its fields, its limits and its messages."""

    name: str
    names: list[str]
    at: str
    shape: str
    required: bool
    withheld: bool
    options: list[str]
    rules: list[DeviceMessage]
    missing: list[str]
    broken: str
    first: list[str]


class PlacePiping(Piping):
    """Puts a marked place into texts wherever an earlier answer belongs; the script fills it in."""

    def answer_text(self, name: str, place: tuple[str, int], code: str) -> str:
        return name.join(PLACE)


def why_not(instrument: instruments.Instrument, one_each: OneEach = "none") -> str:
    """Why a survey cannot be asked by a kiosk; empty if it can."""
    if instrument.mode != "open" or one_each == "code":
        return "Each person needs their own access code, which can only be checked on the site."
    for part in instruments.all_parts(instrument.items):
        if isinstance(part, instruments.Repeat) and single_file(part) is None:
            return f"It asks some questions several times ({part.name})."
    try:
        cached_form(msgspec.json.encode(instrument))
    except UnreadableExpression as wrong:
        return f"A condition or calculation of it cannot be worked out without the site: {wrong}."
    return ""


@lru_cache(maxsize=32)
def cached_form(definition: bytes) -> PortableForm | None:
    """The expressions of an instrument for a script; None if it has none."""
    instrument = msgspec.json.decode(definition, type=instruments.Instrument)
    return portable_form(instrument) if expressions.needs_evaluation(instrument) else None


class SectionBuilder:
    """Builds all sections of a survey before any answer is known."""

    def __init__(self, instrument: instruments.Instrument, defaults: Answers) -> None:
        self.piping = PlacePiping(instrument.items, defaults, EvaluationResult())
        self.sections: list[KioskSection] = []
        self.notes: list[instruments.Item] = []

    def walk(self, parts: Iterable[instruments.AnyPart]) -> None:
        for part in parts:
            if not part.is_shown or not part.is_supported:
                continue
            if isinstance(part, instruments.QuestionGroup):
                if part.text:
                    self.notes.append(
                        instruments.Note(name=part.name, text=self.piping.words(part.text))
                    )
                self.walk(part.items)
            elif isinstance(part, instruments.QuestionPage):
                inner = list(instruments.questions_in(part.items))
                items = [
                    question
                    for question in inner
                    if isinstance(question, instruments.Item) and question.is_shown
                ]
                self.add(self.piping.words(part.text), items)
                self.walk(
                    question for question in inner if isinstance(question, instruments.Repeat)
                )
            elif isinstance(part, instruments.Repeat):
                title, files = self.piping.words(part.text), single_file(part)
                self.sections.append(KioskSection(title, (*self.notes,), part.name, files))
                self.notes = []
            elif part.is_asked and not part.read_only:
                self.add({}, [part])
            else:
                self.notes.append(self.as_shown(part))

    def add(self, title: instruments.Wording, items: Iterable[instruments.Item]) -> None:
        shown = (*self.notes, *map(self.as_shown, items))
        self.sections.append(KioskSection(title, shown))
        self.notes = []

    def as_shown(self, item: instruments.Item) -> instruments.Item:
        """The question with marked places for earlier answers; a postcode is asked for as a
        borough.
        """
        if item.read_only:
            return self.piping.note_of_fixed(item)
        if not item.is_asked:
            return self.piping.note_with_hint(item)
        asked = self.piping.item_with_answers(item, ("", 0))
        if not asked.gives_area:
            return asked
        # Which borough a postcode is in is known on the site alone.
        shared = {name: getattr(asked, name) for name in instruments.Item.__struct_fields__}
        return instruments.Borough(**shared | {"hint": {}})


def kiosk_sections(
    instrument: instruments.Instrument, defaults: Answers
) -> tuple[list[KioskSection], list[instruments.Item]]:
    """The sections of a survey, and the notes after its last question."""
    builder = SectionBuilder(instrument, defaults)
    if instrument.home() is None:
        asked = {LANGUAGE.get(): gettext(HOME_QUESTIONS[instrument.kind])}
        builder.add({}, [instruments.Borough(name=HOME, text=asked, required=True)])
    builder.walk(instrument.items)
    return builder.sections, builder.notes


def question_at(name: str) -> str:
    """The name of the field of a question."""
    return f"q-{name}"


def kiosk_questions(sections: Iterable[KioskSection], around: DayAndCity) -> list[KioskQuestion]:
    """What the script has to know of every question, in the reader's language."""
    return [
        kiosk_question(item, around)
        for section in sections
        for item in section.items
        if item.is_asked
    ]


def kiosk_question(item: instruments.Item, around: DayAndCity) -> KioskQuestion:
    at, names = question_at(item.name), item.answer_names()
    broken = plain(item.constraint_message)
    return KioskQuestion(
        name=item.name,
        names=names,
        at=at,
        shape=item.field_shape,
        required=item.required,
        withheld=item.withheld_is_option,
        options=[option.name for option in item.options]
        if isinstance(item, instruments.OptionsItem)
        else [],
        rules=[
            DeviceMessage(rule.name, rule.bound, refusal_of(item, rule.broken_by, around))
            for rule in item.device_rules()
        ],
        missing=[refusals.error_sentence(item, Fault(name, MISSING)) for name in names],
        broken=broken or refusals.error_sentence(item, Fault(item.name, BROKEN)),
        first=[at + item.first_field(name) for name in names],
    )


def refusal_of(item: instruments.Item, answer: object, around: DayAndCity) -> str:
    """What a resident reads about an answer that the rule of its question refuses."""
    try:
        item.stored_answer(answer, around)  # type: ignore[arg-type]
    except ValueError as wrong:
        return refusals.error_sentence(item, Fault(item.name, str(wrong)))
    raise AssertionError(f"{item.type_name()} accepts an answer that breaks its rule")


def fixed_answers(instrument: instruments.Instrument, defaults: Answers) -> Answers:
    """The answers that are there from the start and nobody may change."""
    fixed = {question.name for question in instrument.questions() if question.read_only}
    return {name: answer for name, answer in defaults.items() if name in fixed}


async def read_kiosk_answer(form: FormMultiDict, instrument: instruments.Instrument) -> KioskAnswer:
    """The answers to the version of a survey that a device asked, with their files."""
    values = form_values(form)
    answers: Answers = {}
    files: list[SentFile] = []
    for item in instrument.all_questions():
        if isinstance(item, instruments.Repeat):
            only = single_file(item)
            if only is not None:
                files += [
                    await read_upload(upload, only, instrument, item.name)
                    for upload in uploads_in(form, REPEAT_FILES + item.name)
                ]
        elif isinstance(item, instruments.FileItem):
            uploads = [*uploads_in(form, question_at(item.name))]
            files += [await read_upload(upload, item, instrument) for upload in uploads[:1]]
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


def read_question(item: instruments.Item, values: Values) -> Answers:
    """The answers to one question; empty if none of its fields was sent, as it was not asked
    then.
    """
    at = question_at(item.name)
    if not any(name == at or name.startswith(f"{at}-") for name in values):
        return {}
    if isinstance(item, instruments.FileItem):
        answers = form_answers.parse_answers(item, {k: v for k, v in values.items() if k != at}, at)
        return {name: answer for name, answer in answers.items() if answer}
    return form_answers.parse_answers(item, values, at)


def uploads_in(form: FormMultiDict, name: str) -> Iterator[UploadFile]:
    yield from (upload for upload in form.getall(name, []) if isinstance(upload, UploadFile))


async def read_upload(
    upload: UploadFile,
    item: instruments.FileItem,
    instrument: instruments.Instrument,
    repeat: str = "",
) -> SentFile:
    body = await upload.read(media.most_bytes(item, instrument.kind) + 1)
    return SentFile(item=item, repeat=repeat, body=body)
