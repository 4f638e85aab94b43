"""The results of a survey for those who made it, which move while people answer."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Annotated

import anyio.to_thread
import msgspec
from litestar import Response, get
from litestar.params import FromPath, QueryParameter
from litestar.response import ServerSentEvent, ServerSentEventMessage, Template

from analysis.survey_results import has_moved
from api import clock
from api.dependencies import Slug
from api.locales import format_day
from api.operations import survey_rights
from api.pages.organiser.builder import drafts
from api.pages.organiser.results import coverage, pictures, views
from api.pages.organiser.results.figures import load_results
from api.pages.organiser.results.views import Grouping, QuestionView
from api.pages.work import FromPage, StaffPage, StaffRequest
from api.process.installation import import_lock
from survey.places import Area
from survey.store import places
from survey.store.answers import counts
from survey.store.answers import results as result_store
from survey.store.database import Database
from survey.store.surveys import fieldwork, instruments
from survey.surveys.instruments import Instrument, wording_text
from survey.surveys.instruments.versions import HarmonisedVersions
from survey.surveys.sums import SurveyResults

MEDIA_TYPES = {"svg": "image/svg+xml", "png": "image/png"}
# A page that is open asks again by itself, so a stream need not be long; a server that stops waits
# for it twelve seconds at most.
BEAT_SECONDS, BEATS = 5, 24
MOST_STREAMS = 40  # in a process
MOST_OF_PERSON = 4
Choice = Annotated[str, QueryParameter(max_length=200, required=False)]


class ResultsPage(msgspec.Struct, frozen=True, kw_only=True):
    """All that the page, its pictures and its table of groups are made from."""

    instrument: Instrument
    chain: list[Instrument]
    areas: list[Area]
    shown: SurveyResults
    questions: list[pictures.CountedQuestion]
    groupings: list[Grouping]
    may_read: bool
    may_export: bool

    def part(self, only: str) -> tuple[Grouping, str, str] | None:
        """The part that an address asks for: its grouping, value and words; raises if there is no
        such part.
        """
        if not only:
            return None
        grouping, _, value = only.partition(":")
        for offered_grouping in self.groupings:
            for choice in offered_grouping.parts:
                if (offered_grouping.name, choice.value) == (grouping, value):
                    return offered_grouping, value, choice.label
        raise coverage.unknown_results_part()

    def question_views(self, only: str) -> list[QuestionView]:
        part = self.part(only)
        which = None if part is None else (part[0].name, part[1])
        return views.question_views(self.shown, self.questions, which)

    def cross(self, question: str, by: str) -> views.CrossTable | None:
        """The table that compares groups, if one is asked for."""
        if not question or not by:
            return None
        asked = next(
            (
                counted_question
                for counted_question in self.questions
                if counted_question.name == question
            ),
            None,
        )
        grouping = next((grouping for grouping in self.groupings if grouping.name == by), None)
        if asked is None or grouping is None:
            raise coverage.unknown_results_part()
        return views.cross_table(self.shown, asked, grouping)


async def load_page(page: StaffRequest, slug: str) -> ResultsPage:
    async with page.connection() as connection:
        survey = await survey_rights.require_right(connection, page.person, "see", slug)
        chain = await instruments.load_history(connection, slug)
        city = await places.get_city(connection)
    shown = await load_results(page.database, chain)
    questions = pictures.counted_questions(HarmonisedVersions(chain))
    return ResultsPage(
        instrument=chain[-1],
        chain=chain,
        areas=city.local_areas(),
        shown=shown,
        questions=questions,
        groupings=views.groupings(shown, questions, city),
        may_read=survey_rights.is_allowed(page.person, "read texts", survey),
        may_export=survey_rights.is_allowed(page.person, "export", survey),
    )


@get("/work/surveys/{slug:str}/results")
async def show_results(
    page: FromPage, slug: Slug, only: Choice = "", question: Choice = "", by: Choice = ""
) -> Template:
    """Show how a survey was answered, for everybody or one part, or part by part."""
    results = await load_page(page, slug)
    async with page.connection() as connection:
        # The figures may count people of this hour already, ten or more at once.
        total = max(await counts.count_of_past_hours(connection, slug), results.shown.answers)
        sent_back = await fieldwork.count_sent_back(connection, slug)
    part, cross = results.part(only), results.cross(question, by)
    shown = results.question_views(only)
    return page.show(
        "surveys/results/results",
        page=results,
        instrument=results.instrument,
        versions=len(results.chain),
        total=total,
        sent_back=sent_back,
        only=only,
        part=part,
        question=question,
        by=by,
        cross=cross,
        answered=[view for view in shown if view.bars],
        without_chart=pictures.questions_without_chart(results.instrument),
        few=[view for view in shown if not view.bars],
        curve=views.response_curve(results.shown),
        completion=views.completion(results.shown, results.questions),
        tiles=views.area_tiles(results.shown, results.areas),
        address=drafts.survey_address(page.request, slug),
    )


@get("/work/surveys/{slug:str}/results/pictures/{file:str}")
async def download_picture(
    page: FromPage, slug: Slug, file: FromPath[str], only: Choice = ""
) -> Response[bytes]:
    """One question as a picture to show elsewhere, with its words."""
    results = await load_page(page, slug)
    name, _, ending = file.rpartition(".")
    view = next(
        (view for view in results.question_views(only) if view.name == name and view.bars), None
    )
    if view is None or ending not in MEDIA_TYPES:
        raise coverage.unknown_results_picture()
    part = results.part(only)
    below = [f"{view.base:,} answers", *([part[2], "Counts are rounded to 5"] if part else [])]
    source = f"{wording_text(results.instrument.title)}, {format_day(clock.today())}, not weighted"
    body = await anyio.to_thread.run_sync(picture_file, view, (", ".join(below), source), ending)
    headers = {"Content-Disposition": f'inline; filename="{slug}-{file}"'}
    return Response(body, media_type=MEDIA_TYPES[ending], headers=headers)


def picture_file(view: QuestionView, words: tuple[str, str], ending: str) -> bytes:
    """The picture's bytes. Called in a thread, for the library that draws a PNG is slow to load."""
    with import_lock("api.editions.drawing", "api.editions.drawing.svg"):
        from api.editions.drawing import svg

    below, source = words
    drawn = views.draw_question(view, pictures.PAPER_WIDTH)
    picture = svg.standalone_svg(drawn, svg.PictureWords(view.title, (below,), (source,)))
    return svg.picture_as_png(picture) if ending == "png" else picture.encode()


class OpenStreams:
    """Counts the open pages of this process that wait for new answers, in all and by person."""

    def __init__(self) -> None:
        self.of_person: Counter[str] = Counter()

    def has_room(self, person: str) -> bool:
        return self.of_person.total() < MOST_STREAMS and self.of_person[person] < MOST_OF_PERSON

    @contextmanager
    def count(self, person: str) -> Iterator[bool]:
        """Count one more open page of this person until the block ends, if there is room; yields
        whether there was.
        """
        room = self.has_room(person)
        self.of_person[person] += room
        try:
            yield room
        finally:
            self.of_person[person] -= room
            self.of_person += Counter()  # without those who have none


STREAMS = OpenStreams()


@get("/work/surveys/{slug:str}/results/live", opt={"compressed": True})
async def stream_moves(
    page: FromPage, slug: Slug, seen: Annotated[int, QueryParameter(ge=-1, lt=2**31)] = -1
) -> ServerSentEvent:
    """Notify the page when the figures have changed since there were `seen` answers, and of nothing
    else.
    """
    await page.load(survey_rights.require_right, page.person, "see", slug)
    if not STREAMS.has_room(page.person.id):
        raise coverage.too_many_streams()
    moves = watch_results(page.database, slug, seen, page.person.id)
    return ServerSentEvent(moves, retry_duration=1000 * BEAT_SECONDS)


async def watch_results(
    database: Database, slug: str, seen: int, person: str
) -> AsyncIterator[ServerSentEventMessage]:
    """A comment every few seconds, so that a lost connection is noticed; an event and the end once
    the figures have changed.
    """
    # Of many that were asked for at once, those that found no room when they began end here.
    with STREAMS.count(person) as room:
        for _ in range(BEATS if room else 0):
            if await have_results_moved(database, slug, seen):
                yield ServerSentEventMessage(event="moved", data="")
                return
            yield ServerSentEventMessage(comment="nothing new", data=None)
            await asyncio.sleep(BEAT_SECONDS)


async def have_results_moved(database: Database, slug: str, seen: int) -> bool:
    async with database.connection() as connection:
        shown = await result_store.count_shown(connection, slug)
        return shown != seen or has_moved(seen, await counts.count_all(connection, slug))


PAGES = [
    StaffPage(
        [show_results, download_picture, stream_moves], linked_from="/work/surveys/{slug:str}"
    )
]
