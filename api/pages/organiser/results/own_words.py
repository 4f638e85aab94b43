"""What people wrote in answer to a survey, for those who made it, with tags of their own."""

from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Template

from api.dependencies import Slug
from api.operations import survey_rights
from api.pages.staff.themes.texts import TONES, MarkedTextPart, marked_parts, unknown_text_filter
from api.pages.work import FromPage, StaffPage, StaffRequest
from survey.store.answers import results
from survey.store.answers.results import OwnText
from survey.store.surveys import instruments
from survey.store.themes import codebooks
from survey.surveys.instruments import Instrument, questions_by_name, wording_text

ON_A_PAGE = 25
MOST_PAGES = 800
MOST_TAG = 40
MOST_WORDS = 10
Short = Annotated[str, msgspec.Meta(max_length=200)]


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
        raise unknown_text_filter() from None


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
                one: f"{names[one]} ({n:,})" for one, n in counts.themes.items() if one in names
            },
            "tone": {one: f"{TONES[one]} ({n:,})" for one, n in counts.tones.items()},
            "tag": {one: f"{one} ({n:,})" for one, n in counts.tags.items()},
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
    """The words of each question in people's own words, within repeats too."""
    asked = questions_by_name(instrument)
    return {name: wording_text(asked[name].text) or name for name in instrument.texts()}


class OwnTextView(msgspec.Struct, frozen=True):
    """A text as the page shows it, with the passages by which its themes were recognised."""

    id: str
    question: str
    parts: list[MarkedTextPart]
    tone: str
    themes: list[str]
    tags: list[str]


def text_view(row: OwnText, names: dict[str, str], questions: dict[str, str]) -> OwnTextView:
    # After a person redacted it, the passages have other positions.
    codes = [] if row.decided else [theme for theme in row.themes if theme.theme in names]
    return OwnTextView(
        row.id,
        questions.get(row.item, row.item),
        marked_parts(row.redacted, codes, names),
        TONES[row.tone or "not_scored"],
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
    page.form.require(tag, f"tag-{ident}", "Enter a tag.")
    page.form.require(
        len(tag) <= MOST_TAG, f"tag-{ident}", f"A tag has at most {MOST_TAG} characters."
    )
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
    StaffPage([show_own_words, change_tags], linked_from="/work/surveys/{slug:str}/results"),
]
