"""Piping: `${name}` in a text becomes the answer or calculation of that name, in words."""

import datetime
from collections.abc import Iterable

import msgspec
from babel import Locale, UnknownLocaleError

from api.formatting import format_day
from api.translating import LOCALES
from survey.surveys.expressions import REFERENCE
from survey.surveys.instruments import (
    WITHHELD,
    AnyPart,
    Item,
    Note,
    OptionsItem,
    Wording,
    all_parts,
    wording_text,
)
from survey.surveys.item_types.answers import Answer, Answers, SimpleValue, plain_answer
from survey.surveys.responses import EvaluationResult, answer_rounds

UNANSWERED = "…"


class Piping:
    """Fills earlier answers into texts; holds the questions by name and all answers so far."""

    def __init__(
        self, parts: Iterable[AnyPart], answers: Answers, settled: EvaluationResult
    ) -> None:
        self.items: dict[str, AnyPart] = {}
        for part in all_parts(parts):
            self.items |= {part.name: part} | dict.fromkeys(part.row_texts(), part)
        self.answers = answers
        self.settled = settled

    def item_with_answers(self, item: Item, place: tuple[str, int]) -> Item:
        """A question with answers filled into its texts and those of its options."""
        fields: dict[str, object] = {
            field: self.words(wording, place)
            for field in ("text", "hint", "constraint_message", "required_message")
            if is_piped(wording := getattr(item, field))
        }
        options = item.options if isinstance(item, OptionsItem) else ()
        if any(is_piped(option.text) for option in options):
            fields["options"] = tuple(
                msgspec.structs.replace(option, text=self.words(option.text, place))
                for option in options
            )
        return msgspec.structs.replace(item, **fields) if fields else item

    def words(self, wording: Wording, place: tuple[str, int] = ("", 0)) -> Wording:
        """The wording with answers filled in, for a place: a repeat and the number of its round."""
        return {code: self.text(text, place, code) for code, text in wording.items()}

    def note_with_hint(self, note: Item, place: tuple[str, int] = ("", 0)) -> Item:
        """The note with its hint after its words."""
        words, hint = self.words(note.text, place), self.words(note.hint, place)
        text = {code: f"{text} {wording_text(hint, code)}".strip() for code, text in words.items()}
        return msgspec.structs.replace(note, text=text or hint, hint={})

    def note_of_fixed(self, item: Item, place: tuple[str, int] = ("", 0)) -> Note:
        """A read-only question: its words, and its value from the start."""
        text = self.words(item.text, place)
        if self.answer_at(item.name, place) not in (None, "", []):
            text = {
                code: f"{words}: {self.answer_text(item.name, place, code)}"
                for code, words in text.items()
            }
        return Note(name=item.name, text=text)

    def text(self, text: str, place: tuple[str, int], code: str) -> str:
        return REFERENCE.sub(lambda match: self.answer_text(match[1], place, code), text)

    def answer_text(self, name: str, place: tuple[str, int], code: str) -> str:
        answer = self.answer_at(name, place)
        item = self.items.get(name)
        if answer in (None, "", []) or (isinstance(answer, str) and answer in WITHHELD):
            return UNANSWERED
        given = answer if isinstance(answer, list) else [answer]
        return ", ".join(answer_in_words(item, one, code) for one in given)

    def answer_at(self, name: str, place: tuple[str, int]) -> Answer | SimpleValue | None:
        """The answer to a question: in the same round if it is asked there, else in the survey."""
        repeat, number = place
        if number:
            rounds = answer_rounds(self.answers.get(repeat))
            within = rounds[number - 1] if number <= len(rounds) else {}
            worked = self.settled.calculated.get(f"{repeat}.{number}.{name}")
            if (answer := within.get(name, worked)) is not None:
                return answer
        # An answer to a question that is no longer asked stays in the draft: do not repeat it.
        if name in self.settled.passed_over:
            return None
        return self.answers.get(name, self.settled.calculated.get(name))


def is_piped(wording: Wording) -> bool:
    return any("${" in text for text in wording.values())


def answer_in_words(item: AnyPart | None, answer: object, code: str) -> str:
    """An answer in words: option texts, written-out dates, plain numbers."""
    if isinstance(item, Item):
        return item.answer_in_words(answer, code, lambda day: date_in_words(day, code))
    return plain_answer(answer)


def date_in_words(day: str, code: str) -> str:
    try:
        locale = LOCALES.get(code) or Locale.parse(code, sep="-")
        return format_day(datetime.date.fromisoformat(day), locale)
    except (UnknownLocaleError, ValueError):
        # A date that cannot be formatted is still better than a page that fails.
        return day
