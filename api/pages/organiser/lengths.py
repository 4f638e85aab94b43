"""How long a survey is: how many questions, and about how many minutes they take."""

import msgspec

from api.pages.resident import steps
from survey.instruments import Calculate, Foreign, Group, Instrument, Note, Page, Repeat, every
from survey.plurals import with_noun
from survey.responses import Settled

NOT_ASKED = Group | Page | Repeat | Note | Calculate | Foreign


class Length(msgspec.Struct, frozen=True):
    questions: int
    minutes: int

    @property
    def words(self) -> str:
        return f"{with_noun(self.questions, 'question')}, about {self.time}"

    @property
    def time(self) -> str:
        return with_noun(self.minutes, "minute")


def length_of(instrument: Instrument) -> Length:
    """As if every question were asked: conditions make it shorter for most people."""
    questions = [one for one in every(instrument.items) if not isinstance(one, NOT_ASKED)]
    minutes = steps.minutes_of(steps.steps_of(instrument, {}, Settled()))
    return Length(len(questions), minutes)
