"""Set the days of a survey, how many answers it takes and from whom, and one answer each."""

from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.response import Redirect, Template

from api.dependencies import RowNumber, Slug
from api.operations import survey_rights
from api.pages.forms import day_fields, example_day, filled_form
from api.pages.organiser.ways import count_in_words
from api.pages.work import FromPage, StaffPage, StaffRequest
from survey.formats.languages import ENGLISH_NAMES
from survey.places import Area
from survey.problems import Conflict
from survey.store import places
from survey.store.answers import limited_responses
from survey.store.database import Connection
from survey.store.surveys import instruments
from survey.store.surveys import limits as limit_store
from survey.surveys import sharing
from survey.surveys.instruments import Instrument, languages_used, wording_text
from survey.surveys.item_types import Margin
from survey.words import in_local_words

BASE = "/work/surveys/{slug:str}/limits"
ONE_EACH: dict[str, sharing.OneEach] = {"none": "none", "device": "device", "code": "code"}


class QuotaRow(msgspec.Struct, frozen=True):
    """A quota in words: whose answers it counts, how many it allows, and how far it has been
    filled.
    """

    id: int
    people: str
    most: int
    state: str


class GroupChoice(msgspec.Struct, frozen=True):
    """A question whose groups a quota may name: its words, and the words of each group."""

    question: str
    groups: dict[str, str]


async def limits_page(page: FromPage, slug: Slug) -> Template:
    async with page.connection() as connection:
        instrument, closed = await survey_rights.get_survey(connection, page.person, "close", slug)
        limits = await limit_store.find(connection, slug) or sharing.SurveyLimits(survey=slug)
        quotas = await limit_store.load_quotas(connection, slug)
        codes = await limit_store.count_member_codes(connection, slug)
        areas = (await places.get_city(connection)).local_areas()
    choices = {}
    for margin, groups in sharing.group_names(instrument).items():
        item = instrument.margins()[margin]
        words = {option.name: wording_text(option.text) for option in item.options}
        named = {kind: " or ".join(words[name] for name in some) for kind, some in groups.items()}
        choices[margin] = GroupChoice(wording_text(item.short or item.text), named)
    everybody = next((quota for quota in quotas if quota.is_of_everybody), None)
    # Which of the page's forms was refused: the others show what is stored.
    days = (day_fields("opens", instrument.opens) if instrument.opens else {}) | (
        day_fields("closes", instrument.closes) if instrument.closes else {}
    )
    most = {"most": str(everybody.most)} if everybody else {}
    page.form.values = (
        filled_form(days | most | {"one_each": limits.one_each}).values | page.form.values
    )
    return page.show(
        "surveys/limits/limits",
        instrument=instrument,
        closed=closed,
        one_each=limits.one_each,
        codes=codes,
        used=count_in_words(codes.used),
        areas=areas,
        choices=choices,
        is_full=everybody is not None and everybody.is_full,
        quotas=[quota_row(quota, choices, areas) for quota in quotas if not quota.is_of_everybody],
        fewest=sharing.FEWEST_OF_A_GROUP,
        letter_languages=letter_languages(instrument),
    )


def quota_row(
    quota: sharing.Quota, choices: dict[Margin, GroupChoice], areas: Sequence[Area]
) -> QuotaRow:
    area = next((area.name for area in areas if area.code == quota.area), "")
    groups = [
        choices[margin].groups.get(group, group) if margin in choices else group
        for margin, group in quota.groups.items()
    ]
    # In steps of five: a number that moves with each answer tells whoever watches it that one of
    # these people answered now.
    return QuotaRow(
        quota.id,
        ", ".join([area or in_local_words("All boroughs"), *groups]),
        quota.most,
        "Full" if quota.is_full else f"{count_in_words(quota.answers)} answers",
    )


@post(BASE)
async def save_limits(page: FromPage, slug: Slug) -> Response[Any]:
    opens, closes = page.form.day("opens"), page.form.day("closes")
    for field, day in (("opens", opens), ("closes", closes)):
        real = day or not page.form.has_day(field)
        page.form.require(real, f"{field}-day", f"Enter a real date, such as {example_day()}")
    if opens and closes and closes < opens:
        page.form.add_error("closes-day", "The last day must not be before the day it opens")
    most = parse_number(page.form["most"])
    whole = not page.form["most"] or (most is not None and 1 <= most <= sharing.MOST_ANSWERS)
    page.form.require(
        whole, "most", f"Enter a whole number from 1 to {sharing.MOST_ANSWERS:,}, or nothing"
    )
    one_each = ONE_EACH.get(page.form["one_each"], "none")
    if page.form.errors:
        return await limits_page(page, slug)
    async with page.write("survey limits changed", slug) as connection:
        instrument, _ = await survey_rights.get_survey(connection, page.person, "close", slug)
        if instrument.mode == "sampled":  # whose people have a code each anyway
            one_each = "none"
        if instrument.mode == "met":
            one_each = "code"
        await limit_store.save(connection, slug, opens=opens, closes=closes, one_each=one_each)
        await limit_store.lock(connection, {slug})
        await limit_store.save_most(connection, slug, most)
        await recount(connection, slug)
    return page.to(f"/work/surveys/{slug}/limits", "saved")


def parse_number(text: str) -> int | None:
    digits = text.replace(",", "").replace(" ", "")
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 10 else None


async def recount(connection: Connection, slug: str) -> None:
    """Count the answers of every quota again, including answers from before the quota was set."""
    versions = await instruments.load_history(connection, slug)
    await limited_responses.recount(connection, slug, versions)


@post(BASE + "/quotas")
async def add_quota(page: FromPage, slug: Slug) -> Response[Any]:
    async with page.connection() as connection:
        instrument, _ = await survey_rights.get_survey(connection, page.person, "close", slug)
        areas = {area.code for area in (await places.get_city(connection)).local_areas()}
        many = len(await limit_store.load_quotas(connection, slug)) >= sharing.MOST_QUOTAS
    groups = {margin: page.form[margin] for margin in instrument.margins() if page.form[margin]}
    quota = sharing.Quota(
        area=page.form["area"] or None, groups=groups, most=parse_number(page.form["places"]) or 0
    )
    for fault in sharing.quota_faults(quota, instrument, areas):
        page.form.add_error(fault.where, fault.sentence)
    page.form.require(not many, "area", f"A survey can have {sharing.MOST_QUOTAS} limits at most")
    if not page.form.errors:
        try:
            await save_quota(page, instrument, quota)
        except Conflict as refused:
            page.form.refuse(refused, [("area", f"{refused.sentence} {refused.remedy}")])
    if page.form.errors:
        return await limits_page(page, slug)
    return page.to(f"/work/surveys/{slug}/limits", "added#quotas")


async def save_quota(page: StaffRequest, instrument: Instrument, quota: sharing.Quota) -> None:
    slug = instrument.slug
    async with page.write("survey quota added", slug) as connection:
        await limit_store.ensure(connection, slug, instrument.opens, instrument.closes)
        await limit_store.lock(connection, {slug})
        await limit_store.insert_quota(connection, slug, quota)
        await recount(connection, slug)


@post(BASE + "/quotas/{number:int}/remove")
async def remove_quota(page: FromPage, slug: Slug, number: RowNumber) -> Redirect:
    async with page.write("survey quota removed", slug) as connection:
        await survey_rights.require_right(connection, page.person, "close", slug)
        await limit_store.lock(connection, {slug})
        # Pressed twice, it is gone already: nothing is to be said.
        await limit_store.delete_quota(connection, slug, number)
        await limit_store.send_notice(connection, slug)
    return page.to(f"/work/surveys/{slug}/limits", "removed#quotas")


def letter_languages(instrument: Instrument) -> list[tuple[str, str]]:
    """The languages in which a letter can be written, by code, with their English names."""
    return [(code, ENGLISH_NAMES.get(code, code)) for code in languages_used(instrument) or ["en"]]


PAGES = [
    StaffPage(
        [get(BASE)(limits_page), save_limits, add_quota, remove_quota],
        linked_from="/work/surveys/{slug:str}",
    )
]
