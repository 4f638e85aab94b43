"""Waves of people whom the police met: a file of encounters or cards, and a code for each.

Of a file only what `survey.store.surveys.encounters` lists is stored: it comes back with the codes,
for the letters, and names and addresses are never kept.
"""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import anyio.to_thread
import msgspec
from litestar import Response, get, post
from litestar.response import Template

from analysis.disclosure import rounded_base
from analysis.statistics.sampling.response import Dispositions, response_rates
from api import clock
from api.dependencies import FromKeyring, Slug
from api.locales import format_share
from api.operations import survey_rights
from api.pages.forms import Form, read_file
from api.pages.organiser import samples
from api.pages.organiser.builder.drafts import survey_address
from api.pages.organiser.limits import parse_number
from api.pages.organiser.ways import count_in_words
from api.pages.work import FromPage, StaffPage, StaffRequest, example_response
from api.security.keyring import Keyring
from survey.files.delimited import write_csv
from survey.places import Area
from survey.problems import Problem
from survey.store import places
from survey.store.database import Database
from survey.store.surveys import encounters
from survey.store.surveys import limits as limit_store
from survey.store.surveys.encounters import NewlyAsked, NewWave
from survey.store.surveys.instruments import code_digest
from survey.surveys import encounter_files
from survey.surveys.encounters import (
    DIMENSIONS,
    REASON_WORDS,
    RULE_WORDS,
    RULES,
    USUAL_WAIT,
    AskingRules,
    AskingWave,
    Dimension,
    Encounter,
    Tally,
    WaveSums,
    add_sums,
    closed_to_waves,
    unneeded_wave,
    wait_faults,
)
from survey.surveys.instruments import Instrument
from survey.surveys.samples import LETTER_OUTCOMES, MOST_DRAWN, code_link, table_with_codes
from survey.words import in_local_words

RATE_WORDS = {
    "rr1": "Answered, of everybody asked who may be eligible (RR1 and RR2)",
    "rr3": "Answered, of those asked who are likely to be eligible (RR3 and RR4)",
    "rr5": "Answered, of those known to be eligible (RR5 and RR6)",
    "coop1": "Answered, of those who were reached (COOP1 and COOP2)",
}
BASE = "/work/surveys/{slug:str}/encounters"


class GroupRow(msgspec.Struct, frozen=True):
    """A group of the people asked: its share of all asked, and of all who answered."""

    name: str
    asked: str
    answered: str
    share_asked: str
    share_answered: str


class GroupTable(msgspec.Struct, frozen=True):
    """The groups of one dimension. `hidden` is the number of groups with fewer than ten asked."""

    heading: str
    rows: list[GroupRow]
    hidden: int


class ResponseTable(msgspec.Struct, frozen=True):
    """What became of everybody asked; the rates have AAPOR's names."""

    asked: int
    answered: str
    rates: list[tuple[str, str]]
    groups: list[GroupTable]


def response_table(waves: Sequence[AskingWave], areas: Mapping[str, str]) -> ResponseTable:
    """The response to all waves of a survey together."""
    sums = add_sums(wave.sums for wave in waves)
    few = rounded_base(sums.everybody.answered) is None
    values = {} if few else response_rates(dispositions(waves, sums.everybody))._asdict()
    return ResponseTable(
        asked=sums.everybody.asked,
        answered=count_in_words(sums.everybody.answered),
        # With no partial answer each pair of rates is one.
        rates=[
            (words, format_share(share))
            for name, words in RATE_WORDS.items()
            if (share := values.get(name)) is not None
        ],
        groups=[
            group_table(dimension, sums, areas)
            for dimension in DIMENSIONS
            if len(sums.groups.get(dimension, {})) > 1
        ],
    )


def dispositions(waves: Sequence[AskingWave], everybody: Tally) -> Dispositions:
    """AAPOR's dispositions. An answer is stored only when it is sent, with every question answered
    that needs an answer, so each counts as complete (I) and none as partial (P).

    The answers are as many as the page shows, in steps of five, so that no rate reveals how many
    there are.
    """
    complete = rounded_base(everybody.answered) or 0
    outcomes = {
        name: sum(wave.outcomes.get(name, 0) for wave in waves)
        for name in ("refused", "not_reached", "unable", "undelivered", "ineligible")
    }
    # Somebody may answer after a letter was noted as lost: then nobody is silent.
    silent = everybody.asked - complete - sum(outcomes.values())
    return Dispositions(
        invited=everybody.asked,
        complete=complete,
        partial=0,
        silent=max(silent, 0),
        recorded=any(wave.outcomes for wave in waves),
        **outcomes,
    )


def group_table(dimension: Dimension, sums: WaveSums, areas: Mapping[str, str]) -> GroupTable:
    """The groups that are large enough to be shown; shares are of those with a known group."""
    tallies = sums.groups[dimension]
    shown = {
        name: tally for name, tally in tallies.items() if rounded_base(tally.asked) is not None
    }
    asked = sum(tally.asked for tally in tallies.values())
    answered = sum(tally.answered for tally in tallies.values())
    return GroupTable(
        heading=in_local_words(DIMENSIONS[dimension]),
        rows=[
            GroupRow(
                name=areas.get(name, name),
                asked=count_in_words(tally.asked),
                answered=count_in_words(tally.answered),
                share_asked=rounded_share(tally.asked, asked),
                share_answered=rounded_share(tally.answered, answered),
            )
            for name, tally in shown.items()
        ],
        hidden=len(tallies) - len(shown),
    )


def rounded_share(part: int, whole: int) -> str:
    """The share made from the rounded counts on the page, so that it reveals no exact count; "–" if
    a count is not shown.
    """
    over, under = rounded_base(part), rounded_base(whole)
    return "–" if over is None or not under else f"about {format_share(min(over / under, 1.0))}"


class MetSurvey(NamedTuple):
    """A survey of people whom the police met, whether it is closed, and the boroughs."""

    instrument: Instrument
    closed: bool
    areas: Sequence[Area]

    @property
    def names(self) -> dict[str, str]:
        return {area.code: area.name for area in self.areas}


async def load_survey(page: StaffRequest, slug: str) -> MetSurvey:
    """The survey, if this person may ask people to answer it."""
    async with page.connection() as connection:
        instrument, closed = await survey_rights.get_survey(
            connection, page.person, "draw codes", slug
        )
        areas = (await places.get_city(connection)).local_areas()
    if instrument.mode != "met":
        raise unneeded_wave()
    return MetSurvey(instrument, closed, areas)


@get(BASE + "/example.csv")
async def download_example(page: FromPage, slug: Slug) -> Response[bytes]:
    """A file with every column that this page reads, and one made-up person."""
    survey = await load_survey(page, slug)
    return example_response(encounter_files.example_table(survey.areas[0].name, clock.today()))


async def waves_page(page: FromPage, slug: Slug) -> Template:
    survey = await load_survey(page, slug)
    waves = await page.load(encounters.load_all, slug)
    form = page.form
    if "rules" not in form and "wait" not in form:
        form.values = {"rules": list(RULES), "wait": [str(USUAL_WAIT)]} | form.values
    return page.show(
        "surveys/asking/waves",
        instrument=survey.instrument,
        closed=survey.closed,
        areas=survey.areas,
        rules=RULE_WORDS,
        headings=encounter_files.RULE_COLUMNS,
        ticked=form.all("rules"),
        waves=waves,
        left_out=[
            ", ".join(
                f"{REASON_WORDS[reason].lower()}: {number:,}"
                for reason, number in wave.left_out.items()
            )
            for wave in waves
        ],
        outcomes=LETTER_OUTCOMES,
        with_errors=[
            wave.id for wave in waves if any(wave.id in field for field, _ in form.errors)
        ],
        response=response_table(waves, survey.names),
    )


def read_rules(form: Form) -> AskingRules:
    """The rules that were chosen, with an error at the field of a wrong number of days."""
    wait = parse_number(form["wait"])
    for fault in wait_faults(wait):
        form.add_error(fault.where, fault.sentence)
    chosen = form.all("rules")
    return AskingRules(
        reasons=tuple(rule for rule in RULES if rule in chosen), wait=wait or USUAL_WAIT
    )


@post(BASE, request_max_body_size=samples.MOST_SENT)
async def check_encounters(page: FromPage, keyring: FromKeyring, slug: Slug) -> Response[Any]:
    """Show who in a file would be asked, who would not, and why; nothing is stored."""
    name, content = await read_file(page.request)
    survey = await load_survey(page, slug)
    rules = read_rules(page.form)
    page.form.require(content, "file", "Choose a file of encounters, as CSV or XLSX")
    if page.form.errors:
        return await waves_page(page, slug)
    try:
        table = await anyio.to_thread.run_sync(samples.read_table, name, content)
    except Problem as refused:
        page.form.refuse(refused, [("file", f"{refused.sentence} {refused.remedy}")])
        return await waves_page(page, slug)
    encounter_file = encounter_files.read_encounters(table, survey.names, rules, clock.today())
    choice = await choose(page.database, keyring, slug, encounter_file, rules)
    return check_page(page, survey, encounter_file, choice, rules, content[:2] == b"PK")


async def choose(
    database: Database,
    keyring: Keyring,
    slug: str,
    file: encounter_files.EncounterFile,
    rules: AskingRules,
) -> encounter_files.AskingChoice:
    """Choose who in a file is asked by these rules; nobody is asked twice about one encounter."""
    marks = {person.reference: reference_mark(keyring, slug, person) for person in file.people}
    async with database.connection() as connection:
        known = await encounters.load_asked_marks(connection, slug, list(marks.values()))
    before = {reference for reference, mark in marks.items() if mark in known}
    return encounter_files.choose_people(file.people, rules, clock.today(), before)


def reference_mark(keyring: Keyring, slug: str, encounter: Encounter) -> bytes:
    return keyring.request_mark(f"encounter\0{slug}\0{encounter.reference}".encode())


def check_page(
    page: StaffRequest,
    survey: MetSurvey,
    file: encounter_files.EncounterFile,
    choice: encounter_files.AskingChoice,
    rules: AskingRules,
    is_workbook: bool,
) -> Template:
    return page.show(
        "surveys/asking/check",
        status=422 if file.faults else 200,
        instrument=survey.instrument,
        file=file,
        asked=len(choice.asked),
        left_out={REASON_WORDS[reason]: number for reason, number in choice.left_out.items()},
        chosen=rules,
        rows=write_csv(file.table).decode(),
        format="xlsx" if is_workbook else "csv",
    )


@post(BASE + "/waves", request_max_body_size=samples.MOST_SENT)
async def make_wave(page: FromPage, keyring: FromKeyring, slug: Slug) -> Response[Any]:
    """Store a wave with a code for each person; the people come back with codes in a file that is
    not stored.
    """
    survey = await load_survey(page, slug)
    if survey.closed:
        raise closed_to_waves()
    rules = read_rules(page.form)
    # Read again from what the browser sends: between two pages nothing of the file is stored.
    table = await anyio.to_thread.run_sync(
        samples.read_table, "rows.csv", samples.raw_field(page.form.values, "rows")
    )
    people_met = encounter_files.read_encounters(table, survey.names, rules, clock.today())
    choice = await choose(page.database, keyring, slug, people_met, rules)
    is_workbook = page.form["format"] == "xlsx"
    if people_met.faults or page.form.errors or not choice.asked:
        return check_page(page, survey, people_met, choice, rules, is_workbook)
    people = [people_met.people[place] for place in choice.asked]
    codes = [samples.new_access_code() for _ in people]
    newly = [
        NewlyAsked(
            code_digest=code_digest(code),
            kind=person.kind,
            area=person.area,
            groups=person.groups,
            mark=reference_mark(keyring, slug, person),
        )
        for code, person in zip(codes, people, strict=True)
    ]
    days = [person.day for person in people]
    new = NewWave(
        survey=slug, first_day=min(days), last_day=max(days), rules=rules, left_out=choice.left_out
    )
    await save_wave(page, survey, new, newly)
    address = survey_address(page.request, slug)
    head, *lines = people_met.table
    asked = [head, *(lines[place] for place in choice.asked)]
    given = table_with_codes(asked, codes, [code_link(address, code) for code in codes])
    heading = f"{samples.codes_in_words(len(codes))} for people the police met"
    return await samples.codes_page(
        page, survey.instrument, heading, f"{slug}-wave", given, is_workbook
    )


async def save_wave(
    page: StaffRequest, survey: MetSurvey, new: NewWave, people: list[NewlyAsked]
) -> None:
    slug, detail = survey.instrument.slug, {"number": len(people)}
    async with page.write("people asked to answer", slug, detail) as connection:
        await limit_store.ensure(
            connection, slug, survey.instrument.opens, survey.instrument.closes
        )
        await encounters.insert(connection, new, people, clock.today())


@post(BASE + "/cards")
async def make_cards(page: FromPage, slug: Slug) -> Response[Any]:
    """Make codes for cards that officers hand out, such as with the record of a stop."""
    survey = await load_survey(page, slug)
    if survey.closed:
        raise closed_to_waves()
    number = parse_number(page.form["number"]) or 0
    kind, area = page.form["kind"], page.form["borough"]
    fits = 1 <= number <= MOST_DRAWN
    page.form.require(fits, "number", f"How many: enter a whole number from 1 to {MOST_DRAWN:,}")
    longest = encounter_files.LONGEST_WORD
    said = f"Say when the cards are given, in 1 to {longest} characters, such as stop"
    page.form.require(1 <= len(kind) <= longest, "kind", said)
    page.form.require(
        area in survey.names, "borough", in_local_words("Choose the borough where they are given")
    )
    if page.form.errors:
        return await waves_page(page, slug)
    codes = await page.load(samples.new_card_codes, number)
    people = [NewlyAsked(code_digest=code_digest(code), kind=kind, area=area) for code in codes]
    today: datetime.date = clock.today()
    new = NewWave(
        survey=slug, first_day=today, last_day=today, rules=AskingRules(reasons=(), wait=1)
    )
    await save_wave(page, survey, new, people)
    address = survey_address(page.request, slug)
    rows = [["code", "link"], *([code, code_link(address, code)] for code in codes)]
    heading = f"{samples.codes_in_words(number)} for cards"
    return await samples.codes_page(page, survey.instrument, heading, f"{slug}-cards", rows)


PAGES = [
    StaffPage(
        [get(BASE)(waves_page), download_example, check_encounters, make_wave, make_cards],
        linked_from="/work/surveys/{slug:str}",
    ),
]
