"""Who may do what with a survey, and its password: pages, programs and command line all ask here.

A survey belongs to the account that first drafted or published it, until it is handed over, or is
built in. `None` as the person is the operator at the command line, who may do everything; surveys
that they publish count as built in.
"""

from functools import cache
from typing import Literal

from api.security import people
from api.security.limits import GuessLimiter
from api.security.people import Person
from survey.problems import Fault
from survey.store import surveys
from survey.store.accounts import people as people_store
from survey.store.accounts import programs
from survey.store.accounts.people import Account
from survey.store.database import Connection, Database
from survey.store.surveys import SurveyOwner, instruments, sharing
from survey.surveys import refusals
from survey.surveys.instruments import Instrument
from survey.surveys.ready import COMPLAINT, load_ready_instruments
from survey.surveys.sharing import password_letters

MOST_PASSWORD = 200

SurveyAct = Literal[
    "see",
    "export",
    "draft",
    "publish",
    "close",
    "share",
    "draw codes",
    "collect",
    "discard",
    "restore",
    "read texts",
    "delete answers",
    "notify programs",
    "move",
    "hand over",
]


@cache
def built_in_slugs() -> frozenset[str]:
    """The slugs of the built-in surveys; nobody else can use them."""
    return frozenset(instrument.slug for instrument in load_ready_instruments())


def is_allowed(person: Person | None, act: SurveyAct, survey: SurveyOwner) -> bool:
    """Whether this person may do this with this survey."""
    if survey.slug == COMPLAINT:  # its answers are cases, which have pages of their own
        return (person is None or person.may()) and act in ("publish", "restore", "notify programs")
    if act == "move" and not (person is None or person.may()):
        return False  # the file has the references by which people erase their answers
    if act == "hand over" and survey.is_house:
        return False
    if person is None or person.may():
        return act != "restore" or survey.slug in built_in_slugs()
    if survey.slug in built_in_slugs() or survey.is_house:
        # Rows hold ethnicity and disability of the whole city: organisers get totals.
        return act == "see" or (act == "export" and person.may("reviewer"))
    return act != "restore" and person.may("organiser") and survey.owner == person.id


async def require_right(
    connection: Connection, person: Person | None, act: SurveyAct, slug: str
) -> SurveyOwner:
    """The survey's owner, or raise if this person may not do this.

    For somebody else's survey the error is the one for a survey that does not exist; only its
    former owner gets another error.
    """
    survey = await surveys.find(connection, slug)
    if survey is None or not (is_allowed(person, act, survey) or is_allowed(person, "see", survey)):
        if survey and person and person.id == survey.former_owner:
            raise refusals.handed_over_survey(slug)
        raise refusals.unknown_instrument(slug[:60])
    if not is_allowed(person, act, survey):
        raise refusals.built_in_survey()
    return survey


async def get_survey(
    connection: Connection, person: Person | None, act: SurveyAct, slug: str
) -> tuple[Instrument, bool]:
    """The newest version of a survey and whether it is closed, or raise if this person may not do
    this with it.
    """
    await require_right(connection, person, act, slug)
    return await instruments.get(connection, slug)


async def claim_slug(connection: Connection, person: Person | None, instrument: Instrument) -> None:
    """Make this person the owner of a draft's or version's slug, or raise."""
    slug, kind = instrument.slug, instrument.kind
    # A survey under this slug would replace the complaint form, and open no case for anybody.
    if (kind == COMPLAINT) != (slug == COMPLAINT):
        why = f"only the survey {COMPLAINT!r} is a complaint form, and it is nothing else"
        raise refusals.bad_instrument((Fault("kind", why),))
    if slug in built_in_slugs() and not (person is None or person.may()):
        raise refusals.built_in_survey()
    owner = None if person is None or slug in built_in_slugs() else person.id
    survey = await surveys.claim(connection, slug, instrument.mode, kind, owner=owner)
    # After the claim: of two who publish at once, the second waits there and is refused here.
    if not is_allowed(person, "publish", survey):
        raise refusals.built_in_survey() if survey.is_house else refusals.not_your_survey(slug)
    if survey.kind != kind:
        raise refusals.changed_kind(slug)


async def find_new_owner(connection: Connection, survey: SurveyOwner, email: str) -> Person:
    """Who has this address and may be given the survey, or raise."""
    return require_new_owner(survey, await people_store.by_email(connection, email), email)


def require_new_owner(survey: SurveyOwner, account: Account | None, email: str) -> Person:
    """The account if it may be given the survey, or raise."""
    if account is None or not (account.active and account.may("organiser")):
        raise refusals.unknown_new_owner(email[:120])
    if account.id == survey.owner:
        raise refusals.already_owner(account.name)
    return account


async def hand_over(
    connection: Connection, person: Person, slug: str, email: str, *, former: str
) -> None:
    """Hand a survey from its owner `former` to the account with this email address.

    Raises if this person may not, or if another hand-over came first. Repeating the hand-over
    changes nothing.
    """
    before = await surveys.find(connection, slug)
    known = await people_store.by_email(connection, email)
    if before and known and (before.owner, before.former_owner) == (known.id, person.id):
        return
    survey = await require_right(connection, person, "hand over", slug)
    new = await find_new_owner(connection, survey, email)
    if survey.owner != former or not await surveys.change_owner(
        connection, slug, former=former, new=new.id
    ):
        raise refusals.changed_owner()
    await programs.hand_over_webhooks(connection, slug, former=former, new=new.id)
    await programs.delete_keys_for_survey(connection, former, slug)
    await people_store.append_audit(
        connection, "survey handed over", slug, by=person.id, detail={"from": former, "to": new.id}
    )


async def require_password(
    database: Database, tries: GuessLimiter, source: bytes, slug: str, typed: str
) -> None:
    """Raise unless the survey has no password or `typed` is its password. Guesses are slowed
    down.
    """
    known = (await database.load_noticed(sharing.get_settings, slug)).password_hash
    if not known:
        return
    letters = password_letters(typed[:MOST_PASSWORD])
    if not letters:
        raise refusals.missing_survey_password()
    guessed_at = f"survey {slug}"
    if not await tries.admit(guessed_at, source):
        raise refusals.too_many_survey_passwords()
    if not await people.verify_hash(known, letters):
        tries.count_wrong(guessed_at)
        raise refusals.wrong_survey_password()
    tries.forget(guessed_at, source)
