"""How long a survey is: how many questions, and about how many minutes with reading them."""

import msgspec

from api.pages.resident.questionnaire import steps
from survey.sentences import with_noun
from survey.surveys.instruments import Instrument, all_parts


class SurveyLength(msgspec.Struct, frozen=True):
    questions: int
    minutes: int

    @property
    def words(self) -> str:
        return f"{with_noun(self.questions, 'question')}, about {self.time}"

    @property
    def time(self) -> str:
        return with_noun(self.minutes, "minute")


def survey_length(instrument: Instrument) -> SurveyLength:
    """The survey's number of questions and minutes if every question is asked; conditions make it
    shorter for most.
    """
    questions = [one for one in all_parts(instrument.items) if one.is_asked]
    return SurveyLength(len(questions), steps.longest_minutes(instrument))
