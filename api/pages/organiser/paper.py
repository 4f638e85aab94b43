"""Paper forms: batches to print, and the fields by which two people type each form in.

Each question has one field, in which the keys of the options are typed, so that hands stay on the
keyboard.
"""

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any, cast

import anyio.to_thread
import msgspec
from litestar import Response, get, post
from litestar.response import Template

from api.dependencies import RowNumber, Slug
from api.operations import survey_rights
from api.operations.answers import submissions
from api.operations.answers.rows import area_code
from api.operations.answers.submissions import Delivery
from api.pages.organiser.exports import load_survey
from api.pages.staff.themes.texts import language_name
from api.pages.work import FromPage, StaffPage
from api.paper import draw_qr
from api.paper.layout import MOST_ROUNDS, ROUNDS, number_questions
from api.paper.words import WITHHELD_KEYS, NumberedForm, answer_keys
from api.process.installation import import_lock
from api.security.requests import site_address
from survey.receipts import form_code
from survey.store import places
from survey.store.answers import entries
from survey.store.answers.entries import PaperForm, PaperSettings
from survey.store.database import Connection, Database
from survey.store.surveys import sharing
from survey.surveys import instruments
from survey.surveys.instruments import languages_used
from survey.surveys.item_types.answers import Answer, Answers, Round
from survey.surveys.item_types.base import tidy_words, yes_or_no
from survey.surveys.refusals import counted_form, unknown_paper_form
from survey.surveys.responses import Submission, flat_answers
from survey.words import has_postcodes, in_local_words

QUESTION = "q-"  # before the names of the fields of questions, which may have any name
MOST_SINGLE_KEYS = 9  # options that have a digit each, so that 13 means the first and the third
BETWEEN = re.compile(r"[\s,;.+]+")
Note = Callable[[Connection], Awaitable[None]]
BASE = "/work/surveys/{slug:str}/paper"
MOST_COPIES = 200  # in one file, which takes some seconds
MOST_FORMS = 1_000_000
LONGEST_ADDRESS, MOST_LINES = 400, 8


class KeyedField(msgspec.Struct, frozen=True):
    """One field of the page: the number on paper, the question, and the keys of its options."""

    name: str
    number: str
    words: str
    choices: dict[str, str] = {}
    hint: str = ""
    long: bool = False


class KeyedQuestion(msgspec.Struct, frozen=True):
    """A question as it is typed in; `where` names its answer, within a repeat by its round."""

    where: str
    item: instruments.Item
    field: KeyedField


class KeyingForm:
    """The fields of a survey in the order of its paper form, and the functions that read what was
    typed into them.
    """

    def __init__(
        self,
        instrument: instruments.Instrument,
        language: str,
        areas: Mapping[str, str],
        *,
        by_code: bool = False,
    ) -> None:
        self.instrument, self.language, self.areas = instrument, language, areas
        self.by_code = by_code or instrument.mode != "open"
        self.numbered = number_questions(instrument, language)
        self.questions = list(self.find_questions(instrument.items))

    def find_questions(self, parts: Sequence[instruments.AnyPart]) -> Iterator[KeyedQuestion]:
        for part in parts:
            if isinstance(part, instruments.Repeat):
                count = part.count.strip()
                rounds = min(int(count), MOST_ROUNDS) if count.isdecimal() else ROUNDS
                for number in range(1, rounds + 1):
                    for item in instruments.questions_in(part.items):
                        yield from self.item_questions(item, f"{part.name}.{number}.", number)
            elif isinstance(part, instruments.Container):
                yield from self.find_questions(part.items)
            else:
                yield from self.item_questions(part)

    def item_questions(
        self, item: object, before: str = "", number: int = 0
    ) -> Iterator[KeyedQuestion]:
        if (
            not isinstance(item, instruments.Item)
            or not item.is_asked
            or isinstance(item, instruments.FileItem)
        ):
            return
        rows = item.row_texts()
        for name in item.answer_names():
            asked = instruments.wording_text(rows.get(name, item.text), self.language)
            known = self.numbered.questions.get(name) or self.numbered.questions[item.name]
            field = KeyedField(
                name=QUESTION + before + name,
                number=f"{known.number} ({number})" if number else known.number,
                words=asked or item.name,
                choices={
                    key: label for key, (_, label) in answer_keys(item, self.numbered).items()
                },
                hint=hint_for(item),
                long=item.is_free_text,
            )
            yield KeyedQuestion(before + name, item, field)

    def fields(self) -> list[KeyedField]:
        fields = [question.field for question in self.questions]
        if self.instrument.home() is None:
            hint = "Name or postcode" if has_postcodes() else "Name"
            words = in_local_words("Borough")
            fields.insert(0, KeyedField("borough", "1", words, hint=in_local_words(hint)))
        if self.by_code:
            fields.insert(0, KeyedField("access_code", "", "Access code"))
        if self.instrument.texts():
            said = "Words may be quoted"
            fields.append(KeyedField("may_quote", "", said, hint="1 if the box is ticked"))
        return fields

    def typed_values(self, typed: Mapping[str, str]) -> dict[str, object]:
        """What was typed, as each field stores it; what cannot be read stays as it was typed."""
        answers: dict[str, object] = {
            question.field.name: typed_answer(question.item, words, self.numbered, self.areas)
            for question in self.questions
            if (words := typed.get(question.field.name, "").strip())
        }
        return answers | {
            "borough": area_code(self.areas, typed.get("borough", "").strip()),
            "access_code": typed.get("access_code", "").strip(),
            "may_quote": yes_or_no(typed.get("may_quote", "")) == "yes",
        }

    def submission(self, values: Mapping[str, object]) -> Submission:
        """What the fields store as a submission, which is not checked yet."""
        answers: Answers = {}
        rounds: dict[str, dict[int, Round]] = {}
        for question in self.questions:
            answer = cast(Answer | None, values.get(question.field.name))
            name, _, within = question.where.partition(".")
            number, _, inner = within.partition(".")
            if answer is None:
                continue
            if inner:
                rounds.setdefault(name, {}).setdefault(int(number), {})[inner] = cast(str, answer)
            else:
                answers[name] = answer
        for name, some in rounds.items():
            answers[name] = [some[number] for number in sorted(some)]
        place = str(values.get("borough") or "")[:100]
        is_postcode = place not in self.areas and any(sign.isdigit() for sign in place)
        return Submission(
            area=place if place and not is_postcode else None,
            postcode=place if is_postcode else None,
            language=self.language,
            access_code=str(values.get("access_code") or "")[:100] or None,
            may_quote=values.get("may_quote") is True,
            answers=answers,
        )

    def in_words(self, name: str, value: object) -> str:
        """The value of one field of a copy in words, as a person can read it and type it again."""
        if value is None or value == "":
            return ""
        asked = next((question for question in self.questions if question.field.name == name), None)
        if asked is None:
            said = {"True": "Yes", "False": "No"}
            return self.areas.get(str(value), said.get(str(value), str(value)))
        labels = {code: label for code, label in answer_keys(asked.item, self.numbered).values()}
        given = value if isinstance(value, list) else [value]
        words = [
            labels.get(str(answer), self.areas.get(str(answer), str(answer))) for answer in given
        ]
        return "; ".join(words)


def hint_for(item: instruments.Item) -> str:
    if item.option_columns == "place":
        return "The numbers in the boxes, from the first answer to the last"
    if item.option_columns == "chosen":
        return "Every box that is ticked"
    return {"Date": "Such as 28/11/2026", "Consent": "1 if ticked"}.get(type(item).__name__, "")


def typed_answer(
    item: instruments.Item, words: str, numbered: NumberedForm, areas: Mapping[str, str]
) -> Answer:
    """The answer that was typed: as an option's key, words or code, or as text."""
    keys = {key: code for key, (code, _) in answer_keys(item, numbered).items()}
    tidy = tidy_words(words)
    if keys.get(tidy) in WITHHELD_KEYS:
        return keys[tidy]
    if item.gives_area:
        return area_code(areas, words)
    if tidy in keys and not item.option_columns:
        return item.answer_from_text(keys[tidy])
    parts = [part for part in BETWEEN.split(tidy) if part]
    if len(item.answer_labels()) <= MOST_SINGLE_KEYS and tidy.isdecimal():
        parts = list(tidy)
    if item.option_columns == "place" and all(part in keys for part in parts):
        return placed_options(list(item.answer_labels()), parts) or words
    if item.option_columns == "chosen" and all(part in keys for part in parts):
        # In the order of the paper, in whatever order they were typed.
        return [code for key, code in keys.items() if key in parts]
    return item.answer_from_cell(words)


def placed_options(options: list[str], places: list[str]) -> Answer:
    """The options in the order of the places typed in their boxes; empty if the places are
    wrong.
    """
    if sorted(places) != sorted(str(place) for place in range(1, len(options) + 1)):
        return []
    return [option for _, option in sorted(zip(map(int, places), options, strict=True))]


def copy_values(submission: Submission) -> dict[str, object]:
    """Each thing that a copy says, by the name of its field."""
    own: dict[str, object] = {
        "borough": submission.area or submission.postcode,
        "may_quote": submission.may_quote,
    }
    flat: dict[str, object] = {
        QUESTION + where: value
        for where, value in flat_answers(submission.answers).items()
        if not (isinstance(value, list) and any(isinstance(part, dict) for part in value))
    }
    return own | flat


def differing_fields(submission: Submission, other: Submission) -> list[str]:
    """The names of the fields in which two copies differ; blanks and letter case do not count."""
    first, second = copy_values(submission), copy_values(other)
    return [
        name
        for name in dict.fromkeys([*first, *second])
        if comparable(first.get(name)) != comparable(second.get(name))
    ]


def comparable(value: object) -> object:
    return tidy_words(value) if isinstance(value, str) else value


async def count_form(
    database: Database,
    instrument: instruments.Instrument,
    submission: Submission,
    number: int | None,
    *,
    request: tuple[bytes, bytes] | None = None,
    note: Note | None = None,
) -> None:
    """Store what was typed as a response; raises if the form with this number has counted already.

    `note` is called in the transaction that stores the response.
    """

    async def begin(connection: Connection, _: str) -> None:
        if number and not await entries.set_form_counted(connection, instrument.slug, number):
            raise counted_form()
        if note:
            await note(connection)

    delivery = Delivery(instrument, frozenset(), begin)
    await submissions.submit_response(database, instrument.slug, submission, request, delivery)


async def paper_page(page: FromPage, slug: Slug) -> Template:
    instrument = await load_survey(page, slug)
    async with page.connection() as connection:
        settings = await entries.find_paper_settings(connection, slug)
        batches = await entries.load_paper_batches(connection, slug)
        waiting = await entries.load_paper_forms(connection, slug)
        counted = await entries.count_counted_forms(connection, slug)
    stored = {"send_to": settings.send_to, "twice": "yes" if settings.twice else ""}
    page.fill(stored)
    return page.show(
        "surveys/entering/paper",
        instrument=instrument,
        settings=settings,
        batches=[(batch, f"{form_code(batch.first_number)} to {form_code(batch.last_number)}")
                 for batch in batches],
        languages_printed={code: language_name(code) for code in languages_used(instrument)},
        printed=sum(batch.last_number - batch.first_number + 1 for batch in batches),
        counted=counted,
        once=[form_code(form.number) for form in waiting if form.second_copy is None],
        decide=[(form.number, form_code(form.number), count_differences(form))
                for form in waiting if form.second_copy],
        most=MOST_COPIES,
        may_type_twice=instrument.mode == "open",
    )  # fmt: skip


def count_differences(form: PaperForm) -> int:
    if form.first_copy is None or form.second_copy is None:
        return 0
    return len(differing_fields(form.first_copy, form.second_copy))


@post(BASE)
async def save_paper_settings(page: FromPage, slug: Slug) -> Response[Any]:
    raw = "".join(str(text) for text in page.form.values.get("send_to", [])[-1:])
    lines = [" ".join(line.split()) for line in raw.replace(";", ",").splitlines()]
    send_to = "\n".join(line for line in lines if line)
    page.form.require(
        len(send_to) <= LONGEST_ADDRESS and send_to.count("\n") < MOST_LINES,
        "send_to",
        f"Enter {MOST_LINES} lines and {LONGEST_ADDRESS} characters at most",
    )
    if page.form.errors:
        return await paper_page(page, slug)
    async with page.write("paper forms set up", slug) as connection:
        instrument, _ = await survey_rights.get_survey(connection, page.person, "collect", slug)
        twice = page.form["twice"] == "yes" and instrument.mode == "open"
        await entries.save_paper_settings(connection, slug, PaperSettings(send_to, twice))
    return page.to(f"/work/surveys/{slug}/paper", "saved")


@post(BASE + "/batches")
async def add_batch(page: FromPage, slug: Slug) -> Response[Any]:
    """Number as many new forms as wanted; they can be printed more than once."""
    number = page.form.number("copies") or 0
    said = f"Enter a whole number from 1 to {MOST_COPIES}"
    page.form.require(1 <= number <= MOST_COPIES, "copies", said)
    await load_survey(page, slug)
    batches = await page.load(entries.load_paper_batches, slug)
    if batches and batches[0].last_number + number > MOST_FORMS:
        page.form.add_error("copies", f"A survey has {MOST_FORMS:,} numbered forms at most")
    if page.form.errors:
        return await paper_page(page, slug)
    detail = {"forms": number}
    async with page.write("paper forms numbered", slug, detail) as connection:
        await survey_rights.require_right(connection, page.person, "collect", slug)
        await entries.insert_paper_batch(connection, slug, number)
    return page.to(f"/work/surveys/{slug}/paper", "numbered#batches")


@get(BASE + "/batches/{number:int}/forms.pdf")
async def download_batch(page: FromPage, slug: Slug, number: RowNumber) -> Response[bytes]:
    """The forms of a batch as one PDF, each with its number."""
    instrument = await load_survey(page, slug)
    async with page.connection() as connection:
        batches = await entries.load_paper_batches(connection, slug)
        settings = await entries.find_paper_settings(connection, slug)
        logo = await sharing.find_logo(connection, slug)
    batch = next((batch for batch in batches if batch.first_number == number), None)
    if batch is None:
        raise unknown_paper_form()
    city = await page.database.load_cached(places.get_city)
    address = f"{site_address(page.request)}/work/surveys/{slug}/paper/typing"
    language = page.query.get("in", "en")
    with import_lock("api.paper"):
        from api import paper

    def render() -> bytes:
        numbers = range(batch.first_number, batch.last_number + 1)
        codes = [form_code(number) for number in numbers]
        drawn = [draw_qr(f"{address}?form={code}", "svg").decode() for code in codes]
        copies = [
            paper.NumberedCopy(copy_code, qr) for copy_code, qr in zip(codes, drawn, strict=True)
        ]
        return paper.render_form_pdf(
            instrument, language, city.local_areas(), settings.send_to, logo, copies
        )

    content = await anyio.to_thread.run_sync(render)
    name = f"{slug}-{instrument.version}-forms-{batch.first_number}-{batch.last_number}.pdf"
    disposition = {"Content-Disposition": f'inline; filename="{name}"'}
    return Response(content, media_type="application/pdf", headers=disposition)


PAGES = [
    StaffPage(
        [get(BASE)(paper_page), save_paper_settings, add_batch, download_batch],
        linked_from="/work/surveys/{slug:str}",
    ),
]
