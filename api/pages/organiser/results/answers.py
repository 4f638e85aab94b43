"""Answers to a survey as they were given: one at a time, held for review, and the words of all."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

import anyio.to_thread
import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, PathParameter
from litestar.response import Redirect, Template

from api.dependencies import Slug
from api.operations import survey_rights
from api.operations.answers import uploads
from api.operations.exports.answer_tables import Column, labels_by_question
from api.pages.organiser.results.coverage import unknown_single_answer
from api.pages.staff.themes import texts
from api.pages.work import FromPage, StaffPage, StaffRequest
from api.process.installation import import_lock
from survey.problems import Conflict
from survey.store import places
from survey.store.answers import entries, erasure, results
from survey.store.answers.entries import HeldAnswer, Suspicion
from survey.store.answers.results import ListedAnswer, OwnText, SingleAnswer, WrittenAnswer
from survey.store.database import Connection
from survey.store.surveys import instruments
from survey.store.themes import codebooks
from survey.surveys.instruments import FileItem, Instrument, wording_text
from survey.surveys.instruments.versions import HarmonisedVersions, questions_by_name

AnswerName = Annotated[str, PathParameter(max_length=60)]
BASE = "/work/surveys/{slug:str}/results/answers"
HELD = "/work/surveys/{slug:str}/review"
MOST_SHOWN, MOST_AT_ONCE = 20, 2_000
WHY: dict[Suspicion, str] = {
    "burst": "Many came from one connection within ten minutes",
    "decoy": "A field was filled in that people do not see",
    "unproven": "The device did not solve the puzzle that keeps programs away",
}
ON_A_PAGE, MOST_PAGES = 25, 800
MOST_TAG, MOST_WORDS = 40, 10
Short = Annotated[str, msgspec.Meta(max_length=200)]


@get(BASE)
async def list_answers(page: FromPage, slug: Slug) -> Template:
    """List the answers that can be read, those that were flagged first."""
    async with page.connection() as connection, connection.transaction():
        await survey_rights.require_right(connection, page.person, "read texts", slug)
        await results.show_more_answers(connection, slug)
        listed = await results.load_listed_answers(connection, slug)
        instrument, _ = await instruments.get(connection, slug)
    return page.show(
        "surveys/results/answers",
        instrument=instrument,
        listed=listed,
        flagged=[(at, answer) for at, answer in enumerate(listed, 1) if answer.flagged],
    )


@get(BASE + "/{name:str}")
async def show_answer(page: FromPage, slug: Slug, name: AnswerName) -> Template:
    """Show one answer; each look is written to the audit."""
    async with page.write("single answer read", slug, {"answer": name}) as connection:
        # Inside the transaction, so that a refused look leaves no line in the audit.
        await survey_rights.require_right(connection, page.person, "read texts", slug)
        await find_listed(connection, slug, name)
    return await answer_page(page, slug, name)


async def find_listed(
    connection: Connection, slug: str, name: str
) -> tuple[list[ListedAnswer], int]:
    """All answers that can be read, and the position of this answer in the list; raises if it is
    not in the list.
    """
    listed = await results.load_listed_answers(connection, slug)
    for at, answer in enumerate(listed):
        if answer.name == name:
            return listed, at
    raise unknown_single_answer()


async def answer_page(page: StaffRequest, slug: str, name: str) -> Template:
    async with page.connection() as connection:
        listed, at = await find_listed(connection, slug, name)
        answer = await results.get_single_answer(connection, listed[at].id)
        written = await results.load_written_answer(connection, listed[at].id)
        chain = await instruments.load_history(connection, slug)
        areas = {area.code: area.name for area in (await places.get_city(connection)).areas}
    return page.show(
        "surveys/results/answer",
        instrument=chain[-1],
        answer=answer,
        shown=listed[at],
        number=at + 1,
        total=len(listed),
        before=listed[at - 1].name if at else "",
        after=listed[at + 1].name if at + 1 < len(listed) else "",
        area=areas.get(answer.area, answer.area),
        answer_language=texts.language_name(answer.language),
        rows=answer_rows(chain, answer, written, areas),
    )


def answer_rows(
    chain: list[Instrument],
    answer: SingleAnswer,
    written: list[WrittenAnswer],
    areas: Mapping[str, str],
) -> list[tuple[str, str]]:
    """Each question that was answered, in its words of today, with the answer."""
    harmony = HarmonisedVersions(chain)
    labels = labels_by_question(harmony, areas)
    given: dict[str, object] = dict(
        harmony.answers(answer.version, msgspec.json.decode(answer.answers))
    )
    words = {harmony.name_today(answer.version, text.item): text.redacted for text in written}
    files = {
        item.name for version in chain for item in version.questions() if isinstance(item, FileItem)
    }
    rows = []
    for name, label in labels.items():
        cell = Column(name).cell(given.get(name), labels)
        if name in words:
            rows.append((label.words, words[name]))
        elif cell is not None:
            rows.append((label.words, "A file" if name in files else str(cell)))
    return rows


@post(BASE + "/{name:str}/flag")
async def flag_answer(page: FromPage, slug: Slug, name: AnswerName) -> Redirect:
    """Flag an answer to find it again, or take the flag away."""
    flagged = page.form["flag"] == "yes"
    act = "answer flagged" if flagged else "answer unflagged"
    async with page.write(act, slug, {"answer": name}) as connection:
        await survey_rights.require_right(connection, page.person, "delete answers", slug)
        listed, at = await find_listed(connection, slug, name)
        await results.flag_answer(connection, listed[at].id, by=page.person.id, flagged=flagged)
    return page.to(f"/work/surveys/{slug}/results/answers/{name}", act.removeprefix("answer "))


@post(BASE + "/{name:str}/delete")
async def delete_answer(page: FromPage, slug: Slug, name: AnswerName) -> Response[Any]:
    """Delete an answer and all that was derived from it, so that no figure counts it any more."""
    sure = "Tick the box if you are sure: nobody can bring the answer back."
    page.form.require(page.form["sure"] == "yes", "sure", sure)
    if page.form.errors:
        await page.load(survey_rights.require_right, page.person, "delete answers", slug)
        return await answer_page(page, slug, name)
    async with page.write("answer deleted", slug, {"answer": name}) as connection:
        await survey_rights.require_right(connection, page.person, "delete answers", slug)
        listed, at = await find_listed(connection, slug, name)
        answer = await results.get_single_answer(connection, listed[at].id)
        await erasure.erase(connection, answer.reference)
    return page.to(f"/work/surveys/{slug}/results/answers", "deleted")


class HeldRow(msgspec.Struct, frozen=True):
    """An answer that is held for an organiser, in words and without personal data."""

    name: str
    why: str
    rows: list[tuple[str, str]]


@get(HELD)
async def show_review(page: FromPage, slug: Slug) -> Template:
    """Show the answers that wait; each look is written to the audit."""
    async with page.write("held answers read", slug) as connection:
        await survey_rights.require_right(connection, page.person, "read texts", slug)
    return await review_page(page, slug)


async def review_page(page: StaffRequest, slug: str) -> Template:
    async with page.connection() as connection, connection.transaction():
        instrument, _ = await survey_rights.get_survey(connection, page.person, "read texts", slug)
        waiting = await entries.count_held(connection, slug)
        shown = await entries.load_held(connection, slug, MOST_SHOWN)
        chain = await instruments.load_history(connection, slug)
        areas = {area.code: area.name for area in (await places.get_city(connection)).areas}
    return page.show(
        "surveys/review",
        instrument=instrument,
        waiting=waiting,
        shown=await anyio.to_thread.run_sync(held_rows, chain, shown, areas),
        chosen=page.form.all("answer"),
        most=MOST_AT_ONCE,
    )


def held_rows(
    chain: list[Instrument], shown: Sequence[HeldAnswer], areas: dict[str, str]
) -> list[HeldRow]:
    rows = []
    for held in shown:
        redacted = zip(held.texts, redact_texts([*held.texts.values()]), strict=True)
        # Nothing by which the person could be found: no borough, no language, no month.
        answer = SingleAnswer(
            reference="",
            version=held.version,
            area="",
            language=held.language,
            month=held.month,
            answers=msgspec.json.encode(held.answers).decode(),
        )
        written = [WrittenAnswer(item, words) for item, words in redacted]
        rows.append(HeldRow(held.name, WHY[held.why], answer_rows(chain, answer, written, areas)))
    return rows


def redact_texts(texts: list[str]) -> list[str]:
    """The texts without personal data, as the coding of texts would redact them."""
    with import_lock("analysis.text.personal_data"):
        from analysis.text import personal_data  # slow to load
        from analysis.text.personal_data import named_entities

    names = named_entities.find_persons if named_entities.is_installed() else None
    return [words for words, _ in personal_data.redact_texts(texts, names)]


@post(HELD)
async def decide_on_answers(page: FromPage, slug: Slug) -> Response[Any]:
    """Count the chosen answers, or throw them away."""
    throws = page.form["act"] == "throw"
    chosen = page.form["all"] == "yes" or bool(page.form.all("answer"))
    page.form.require(chosen, "all", "Choose one answer or more")
    sure = "Tick the box if you are sure: nobody can bring the answers back."
    page.form.require(not throws or page.form["sure"] == "yes", "sure", sure)
    if not page.form.errors:
        try:
            done = await decide(page, slug, throws=throws)
            return page.to(f"/work/surveys/{slug}/review", done)
        except Conflict as refused:
            page.form.refuse(refused, [("all", f"{refused.sentence} {refused.remedy}")])
    return await review_page(page, slug)


async def decide(page: StaffRequest, slug: str, *, throws: bool) -> str:
    """Count or throw away the chosen answers; returns a word for what the next page says."""
    act = "held answers thrown away" if throws else "held answers counted"
    detail: dict[str, int] = {}
    async with page.write(act, slug, detail) as connection:
        await survey_rights.require_right(connection, page.person, "delete answers", slug)
        if page.form["all"] == "yes":
            held = await entries.load_held(connection, slug, MOST_AT_ONCE)
        else:
            chosen = page.form.all("answer")
            held = await uploads.find_chosen(connection, slug, chosen, MOST_AT_ONCE)
        if throws:
            references = [answer.reference for answer in held]
            detail["answers"] = await entries.delete_held(connection, references)
            return "thrown"
        refused = await uploads.count_answers(connection, slug, held)
        detail["answers"] = len(held) - len(refused)
        return "full" if refused else "counted"


class OwnWordsFilter(msgspec.Struct, frozen=True, omit_defaults=True):
    """The filters in the address of the page; tones are those of the machine."""

    item: Short = ""
    theme: Short = ""
    tone: Short = ""
    tag: Short = ""
    words: Short = ""
    page: Annotated[int, msgspec.Meta(ge=1, le=MOST_PAGES)] = 1

    def address(self, slug: str, page: int = 1) -> str:
        asked = msgspec.to_builtins(msgspec.structs.replace(self, page=page))
        return f"/work/surveys/{slug}/results/words" + (f"?{urlencode(asked)}" if asked else "")

    def search(self) -> results.OwnWordsSearch:
        return results.OwnWordsSearch(
            item=self.item or None,
            theme=self.theme or None,
            tone=self.tone or None,
            tag=self.tag or None,
            words=" ".join(self.words.split()[:MOST_WORDS]),
            page=self.page,
        )


def parse_filter(query: dict[str, str]) -> OwnWordsFilter:
    given = {name: value for name, value in query.items() if value and value.isprintable()}
    try:
        return msgspec.convert(given, OwnWordsFilter, strict=False)
    except msgspec.ValidationError:
        raise texts.unknown_text_filter() from None


@get("/work/surveys/{slug:str}/results/words")
async def show_own_words(page: FromPage, slug: Slug) -> Template:
    """Show what people wrote, without personal data; each look is written to the audit."""
    asked = parse_filter(dict(page.query))
    async with page.write("survey words read", slug) as connection:
        # Inside the transaction, so that a refused look leaves no line in the audit.
        await survey_rights.require_right(connection, page.person, "read texts", slug)
        await results.show_more_words(connection, slug)
    return await words_page(page, slug, asked)


async def words_page(
    page: StaffRequest, slug: str, asked: OwnWordsFilter, *, at: str = ""
) -> Template:
    """The page; `at` is the text whose tag was refused."""
    async with page.connection() as connection:
        instrument, _ = await instruments.get(connection, slug)
        counts = await results.count_words(connection, slug)
        rows = await results.load_words(connection, slug, asked.search(), ON_A_PAGE)
        book = await codebooks.get_newest(connection)
    names = {theme.id: wording_text(theme.name) for theme in book.themes}
    questions = written_questions(instrument)
    return page.show(
        "surveys/results/words",
        instrument=instrument,
        asked=asked,
        counts=counts,
        choices={
            "theme": {
                theme: f"{names[theme]} ({n:,})"
                for theme, n in counts.themes.items()
                if theme in names
            },
            "tone": {tone: f"{texts.TONES[tone]} ({n:,})" for tone, n in counts.tones.items()},
            "tag": {tag: f"{tag} ({n:,})" for tag, n in counts.tags.items()},
            "item": questions,
        },
        texts=[text_view(row, names, questions) for row in rows[:ON_A_PAGE]],
        newer=asked.address(slug, asked.page - 1) if asked.page > 1 else "",
        more=asked.address(slug, asked.page + 1) if len(rows) > ON_A_PAGE else "",
        here=urlencode(msgspec.to_builtins(asked)),
        narrowed=asked != OwnWordsFilter(page=asked.page),
        at=at,
    )


def written_questions(instrument: Instrument) -> dict[str, str]:
    """The words of each question that is answered in people's own words, also within repeats."""
    asked = questions_by_name(instrument)
    return {name: wording_text(asked[name].text) or name for name in instrument.texts()}


class OwnTextView(msgspec.Struct, frozen=True):
    """A text as the page shows it, with the passages by which its themes were recognised."""

    id: str
    question: str
    parts: list[texts.MarkedTextPart]
    tone: str
    themes: list[str]
    tags: list[str]


def text_view(row: OwnText, names: dict[str, str], questions: dict[str, str]) -> OwnTextView:
    # After a person redacted it, the passages have other positions.
    codes = [] if row.decided else [theme for theme in row.themes if theme.theme in names]
    return OwnTextView(
        row.id,
        questions.get(row.item, row.item),
        texts.marked_parts(row.redacted, codes, names),
        texts.TONES[row.tone or "not_scored"],
        [names[theme.theme] for theme in row.themes if theme.theme in names],
        row.tags,
    )


@post("/work/surveys/{slug:str}/results/words/{text:uuid}/tags")
async def change_tags(page: FromPage, slug: Slug, text: FromPath[UUID]) -> Response[Any]:
    """Add a tag to a text, or remove one."""
    ident = str(text)
    asked = parse_filter(dict(parse_qsl(page.form["here"])))
    tag = " ".join((page.form["remove"] or page.form["tag"]).split())
    async with page.connection() as connection:
        await survey_rights.require_right(connection, page.person, "read texts", slug)
        await results.require_visible_text(connection, slug, ident)
    field = f"tag-{ident}"
    page.form.require(tag, field, "Enter a tag.")
    page.form.require(len(tag) <= MOST_TAG, field, f"A tag has at most {MOST_TAG} characters.")
    if page.form.errors:
        return await words_page(page, slug, asked, at=ident)
    act = "survey text untagged" if page.form["remove"] else "survey text tagged"
    async with page.write(act, slug, {"tag": tag}) as connection:
        if page.form["remove"]:
            await results.remove_tag(connection, ident, tag)
        else:
            await results.add_tag(connection, ident, tag, by=page.person.id)
    return page.to(f"{asked.address(slug, asked.page)}#text-{ident}")


PAGES = [
    StaffPage(
        [list_answers, show_answer, flag_answer, delete_answer],
        linked_from="/work/surveys/{slug:str}/results",
    ),
    StaffPage(
        [show_review, decide_on_answers],
        linked_from="/work/surveys/{slug:str}",
        roles=("organiser",),
    ),
    StaffPage([show_own_words, change_tags], linked_from="/work/surveys/{slug:str}/results"),
]
