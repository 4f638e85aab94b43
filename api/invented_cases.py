"""What becomes of the invented complaints: read, asked about, decided, disputed, merged, forgotten.

Each life keeps the table of moves and the working days of real ones; what would come after the
moment at which the demonstration is made has not happened yet.
"""

import datetime
import random
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from api import working_days
from api.people import HASHER
from survey.allegations import given
from survey.complaints import LIVE, Event, Happened, Move, Outcome, Standing, standing
from survey.receipts import ALPHABET, case_number, letters_of, passphrase

RECENT = datetime.timedelta(weeks=12)
FORGOTTEN, BEGUN = 0.08, 0.05  # of the recent ones: nobody looked at it, or only once
ASKED, ANSWERED, TOLD, DISPUTED, TWIN = 0.3, 0.8, 0.25, 0.12, 0.06
TWINS_WITHIN = datetime.timedelta(days=5)
OUTCOMES: dict[Outcome, int] = {
    "service_acceptable": 42,
    "service_not_acceptable": 21,
    "resolved": 17,
    "not_able_to_determine": 15,
    "referred_for_misconduct": 5,
}
QUESTIONS = (
    "Can you tell us at what time of day it was?",
    "Was anybody else there who saw it?",
    "Were you told why you were stopped?",
)
ANSWERS = (
    "It was in the evening, just after it got dark.",
    "Two neighbours saw it, but I have not asked them yet.",
    "Nobody told me anything.",
)
NEWS = (
    "We have asked for the report of that day and wait for it.",
    "We have seen the footage and talk about it in the next meeting.",
)
FINDINGS: dict[Outcome, str] = {
    "service_acceptable": "We read the report and watched the footage. The officers kept to the "
    "rules: they warned first, and used no more force than they needed.",
    "service_not_acceptable": "We read the report and watched the footage. You should have been "
    "told why, and were not. We have told the station so, and asked that the officers be trained.",
    "resolved": "The sergeant of the team has written to you and apologised. Thank you for saying "
    "that this settles it for you.",
    "not_able_to_determine": "There is no footage, and the officers remember it otherwise than "
    "you do. We cannot say which is right. What you told us stays on record.",
    "referred_for_misconduct": "What you told us may be misconduct. We have passed it on to the "
    "Independent Office for Police Conduct. They will write to you.",
}
AGAIN = "We looked at everything once more and came to the same result."
DISPUTES = (
    "The main thing that I wrote about was not looked at.",
    "I do not agree: what is said there is not what happened.",
)
# Two cases that a newcomer can open: one that waits for an answer, one that can be disputed.
SHOWN = {
    case_number("TRYTHEM"): passphrase(b"the first case of the demonstration"),
    case_number("TRYTHAT"): passphrase(b"the second case of the demonstration"),
}


class Step(msgspec.Struct, frozen=True):
    """An event at its hour, by whom, and what was written with it."""

    event: Event
    at: datetime.datetime
    by: str | None = None
    message: str | None = None


class Life(msgspec.Struct, kw_only=True):
    """A case from its first event to now; `stands` is what its steps add up to."""

    ident: uuid.UUID
    reference: str
    area: str
    allegations: tuple[str, ...]
    steps: list[Step]
    passphrase_hash: str | None = None
    stands: Standing = Standing()

    def began(self) -> datetime.datetime:
        return self.steps[0].at

    def standing_at(self, moment: datetime.datetime) -> Standing:
        history = [Happened(one.event, one.at.date()) for one in self.steps if one.at <= moment]
        return standing(history, self.allegations, working_days.later)


class Diary:
    """Writes one step after the other, until now."""

    def __init__(self, life: Life, now: datetime.datetime, chance: random.Random) -> None:
        self.life, self.now, self.chance = life, now, chance
        self.at = life.began()
        self.over = False

    def add(
        self,
        days: int,
        kind: Move,
        by: str | None = None,
        message: str | None = None,
        **about: Any,
    ) -> None:
        """So many working days after the step before; at none, an hour later that day or so."""
        if days:
            day = working_days.later(self.at.date(), days)
            hour = datetime.time(self.chance.randint(9, 16), tzinfo=datetime.UTC)
            self.at = max(self.at, datetime.datetime.combine(day, hour))
        self.over = self.over or self.at > self.now
        if not self.over:
            self.life.steps.append(Step(Event(kind=kind, **about), self.at, by, message))

    def left(self, share: float) -> int:
        """Working days from the last step until a share of the time to decide is used up."""
        allowed = round(given(self.life.allegations).decide * share)
        until = working_days.later(self.life.began().date(), allowed)
        return max(1, working_days.between(self.at.date(), until))


def number(chance: random.Random) -> str:
    return case_number("".join(chance.choices(ALPHABET, k=7)))


def live(
    lives: Sequence[Life], staff: Sequence[str], now: datetime.datetime, chance: random.Random
) -> None:
    """Give each case, the oldest first, its life; `staff` are the accounts that work on them."""
    done: list[Life] = []
    for life in sorted(lives, key=Life.began):
        main = twin_of(life, done, chance)
        if main is None or not merged(life, main, staff, now, chance):
            tell(Diary(life, now, chance), staff, now - life.began() < RECENT)
        done.append(life)
    for life in lives:
        life.stands = life.standing_at(now)
    show(lives, now.date())


def tell(diary: Diary, staff: Sequence[str], recent: bool) -> None:
    chance, allegations = diary.chance, diary.life.allegations
    fate = chance.random() if recent else 1.0
    if fate < FORGOTTEN:
        return
    who = chance.choice(staff) if staff else None
    diary.add(chance.randint(1, given(allegations).acknowledge), "acknowledged", who)
    if who:
        diary.add(0, "assigned", who, to=who)
    if fate < FORGOTTEN + BEGUN:
        return
    if chance.random() < ASKED:
        diary.add(chance.randint(1, 4), "asked", who, chance.choice(QUESTIONS))
        if chance.random() < ANSWERED:
            diary.add(chance.randint(4, 12), "answered", None, chance.choice(ANSWERS))
    if chance.random() < TOLD:
        diary.add(chance.randint(1, 5), "told", who, chance.choice(NEWS))
    decide(diary, who, diary.left(chance.uniform(0.4, 0.95)))
    if chance.random() < DISPUTED:
        dispute(diary, who)


def decide(diary: Diary, who: str | None, days: int) -> None:
    for allegation in diary.life.allegations:
        [outcome] = diary.chance.choices(list(OUTCOMES), list(OUTCOMES.values()))
        found = FINDINGS[outcome]
        diary.add(days, "outcome", who, found, allegation=allegation, outcome=outcome)
        days = 0
    diary.add(diary.chance.randint(1, 4), "closed", who)


def dispute(diary: Diary, who: str | None) -> None:
    """Half of what is disputed is looked into again, the rest is closed as it was."""
    chance = diary.chance
    diary.add(chance.randint(1, 15), "appealed", None, chance.choice(DISPUTES))
    if chance.random() < 0.5:
        diary.add(chance.randint(6, 14), "closed", who, AGAIN)
    else:
        diary.add(chance.randint(6, 14), "reopened", who)
        decide(diary, who, chance.randint(5, 15))


def twin_of(life: Life, done: Sequence[Life], chance: random.Random) -> Life | None:
    """Another complaint of the same days and place, for a few."""
    if chance.random() >= TWIN:
        return None
    near = (one for one in reversed(done) if life.began() - one.began() <= TWINS_WITHIN)
    return next((one for one in near if one.area == life.area and not is_joined(one)), None)


def is_joined(life: Life) -> bool:
    return any(step.event.case for step in life.steps)


def merged(
    life: Life, main: Life, staff: Sequence[str], now: datetime.datetime, chance: random.Random
) -> bool:
    """Whether the one that came later could be merged into the other."""
    who, same = chance.choice(staff) if staff else None, chance.random() < 0.5
    diary = Diary(life, now, chance)
    diary.add(
        chance.randint(1, 2), "merged", who, case=main.reference, same_person=same,
        note="The same evening and place.",
    )  # fmt: skip
    if diary.over:
        return False
    if main.standing_at(diary.at).status not in LIVE:
        life.steps.pop()
        return False
    joined = Event(kind="joined", case=life.reference, same_person=same)
    main.steps.append(Step(joined, diary.at, who))
    main.steps.sort(key=lambda step: step.at)
    return True


def show(lives: Sequence[Life], today: datetime.date) -> None:
    """Give two cases the numbers and passphrases that the demonstration tells."""
    newest = sorted((one for one in lives if not is_joined(one)), key=Life.began, reverse=True)
    waiting = [one for one in newest if one.stands.status == "waiting"]
    closed = [one for one in newest if (one.stands.disputable_until or today) > today]
    taken: set[str] = set()
    for (reference, phrase), wanted in zip(SHOWN.items(), (waiting, closed), strict=True):
        found = next((one for one in (*wanted, *newest) if one.reference not in taken), None)
        if found is not None:
            found.reference = reference
            found.passphrase_hash = HASHER.hash(letters_of(phrase))
            taken.add(reference)


def states(lives: Iterable[Life]) -> dict[uuid.UUID, tuple[object, ...]]:
    """What stands beside each case for the inbox, in the order in which it is loaded."""
    idents = {one.reference: one.ident for one in lives}
    return {
        one.ident: (
            one.reference,
            one.passphrase_hash,
            one.stands.status,
            one.stands.handler,
            one.stands.due,
            idents.get(one.stands.merged_into or ""),
            one.stands.same_person,
        )
        for one in lives
    }
