"""Who may do what with a survey: the one place that the pages, the builder and the files ask.

A survey belongs to the account that first drafted or published it, or to the house. `None` for a
person is the operator at the command line, who may do everything and acts for the house.
"""

from functools import cache
from typing import Literal

from api.people import Person
from survey.instruments import Instrument
from survey.problems import Fault, Forbidden, bad_instrument, changed_kind, unknown_instrument
from survey.ready import COMPLAINT, ready
from survey.store import surveys
from survey.store.database import Connection
from survey.store.surveys import SurveyOwner

Act = Literal["see", "export", "draft", "publish", "close", "draw codes", "discard", "restore"]


@cache
def house_slugs() -> frozenset[str]:
    """The slugs of the surveys that come with the product: nobody else can ever have them."""
    return frozenset(one.slug for one in ready())


def may(person: Person | None, act: Act, survey: SurveyOwner) -> bool:
    """Whether this person may do this with this survey."""
    if survey.slug == COMPLAINT:  # its answers are cases, which have pages of their own
        return (person is None or person.may()) and act in ("publish", "restore")
    if person is None or person.may():
        return act != "restore" or survey.slug in house_slugs()
    if survey.slug in house_slugs() or survey.is_house:
        return act == "see" or (act == "export" and person.may("reviewer"))
    return act != "restore" and person.may("organiser") and survey.owner == person.id


async def check(connection: Connection, person: Person | None, act: Act, slug: str) -> SurveyOwner:
    """Refuse what this person may not do; somebody else's survey is as unknown as none at all."""
    survey = await surveys.find(connection, slug)
    if survey is None or not (may(person, act, survey) or may(person, "see", survey)):
        raise unknown_instrument(slug[:60])
    if not may(person, act, survey):
        raise of_the_house()
    return survey


async def claim(connection: Connection, person: Person | None, instrument: Instrument) -> None:
    """Take the slug of a draft or version for this person, or refuse it; once for all its life."""
    slug, kind = instrument.slug, instrument.kind
    if (kind == COMPLAINT) != (slug == COMPLAINT):
        why = f"only the survey {COMPLAINT!r} is a complaint form, and it is nothing else"
        raise bad_instrument((Fault("kind", why),))
    if slug in house_slugs() and not (person is None or person.may()):
        raise of_the_house()
    owner = None if person is None or slug in house_slugs() else person.id
    survey = await surveys.claim(connection, slug, instrument.mode, kind, owner=owner)
    if not may(person, "publish", survey):
        raise of_the_house() if survey.is_house else not_yours(slug)
    if survey.kind != kind:
        raise changed_kind(slug)


def not_yours(slug: str) -> Forbidden:
    return Forbidden(
        "survey.not_yours",
        f"“{slug}” is not one of your surveys.",
        "Publish it under another name, or ask an administrator.",
    )


def of_the_house() -> Forbidden:
    return Forbidden(
        "survey.of_the_house",
        "This survey is built in and feeds the report.",
        "Ask an administrator to change, close or reopen it, or to make access codes for it.",
    )
