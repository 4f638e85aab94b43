"""The product's refusals: a stable code, a sentence, what to do, and where the fault is."""

import datetime
import string
from pathlib import Path
from typing import ClassVar, Generic, Self, TypeVar

import msgspec

from survey.words import in_local_words

Value = str | int | float | Path | datetime.date | Exception
"""What a refusal may name. None is no value: it would be read as the word None."""


class Fault(msgspec.Struct, frozen=True):
    """One place where something is wrong: an item of a form, a cell of a file."""

    where: str
    sentence: str


class Problem(Exception):
    """A refusal a person can read; `code` is stable and safe to match on."""

    status: ClassVar[int] = 500

    def __init__(
        self, code: str, sentence: str, remedy: str = "", faults: tuple[Fault, ...] = ()
    ) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.remedy = remedy
        self.faults = faults

    @classmethod
    def of(cls, code: str, sentence: str, remedy: str = "") -> "Refusal[Self]":
        """The refusal that these sentences declare; see `Refusal`."""
        return Refusal(cls, code, sentence, remedy)

    def __reduce__(self) -> tuple[type["Problem"], tuple[object, ...]]:
        # Exception would pickle the sentence alone; a child process has to return all of it.
        return type(self), (self.code, self.sentence, self.remedy, self.faults)


class Malformed(Problem):
    status = 400


class Unauthenticated(Problem):
    status = 401


class Forbidden(Problem):
    status = 403


class NotFound(Problem):
    status = 404


class Conflict(Problem):
    status = 409


class Gone(Problem):
    status = 410


class TooLarge(Problem):
    status = 413


class Invalid(Problem):
    status = 422


class Unavailable(Problem):
    status = 503


class Limited(Unavailable):
    """Too many requests for now; others are served meanwhile."""

    status = 429


Raised = TypeVar("Raised", bound=Problem)


class Refusal(Generic[Raised]):
    """A refusal whose sentences wait for their values.

        unknown_theme = NotFound.of(
            "theme.unknown",
            "There is no theme called {theme!r} in version {version} of the codebook.",
            "Look at the list of themes.",
        )

        raise unknown_theme("housing", 3)
        raise unknown_theme(theme="housing", version=3)

    A place in braces is written as in an f-string, but holds a name and no expression. Values come
    in the order in which the sentence and then the remedy first name them, or by name. A refusal
    that has to compute something, or that lists faults, is a function that returns a `Problem`.
    """

    def __init__(self, problem: type[Raised], code: str, sentence: str, remedy: str) -> None:
        self.problem = problem
        self.code = code
        self.sentence = sentence
        self.remedy = remedy
        self.names = place_names(sentence + remedy)

    def __call__(self, *values: Value, **named: Value) -> Raised:
        given = dict(zip(self.names, values, strict=False)) | named
        if len(values) + len(named) != len(self.names) or given.keys() != set(self.names):
            raise TypeError(f"{self.code} takes {self.names}, but got {values} and {named}")
        sentence, remedy = in_local_words(self.sentence), in_local_words(self.remedy)
        return self.problem(self.code, sentence.format(**given), remedy.format(**given))


def place_names(template: str) -> tuple[str, ...]:
    """The names in braces of a template, each once: "start" of "{start.year}"."""
    places = [place for _, place, _, _ in string.Formatter().parse(template) if place is not None]
    names = [place.partition(".")[0] for place in places]
    if wrong := [
        place for place, name in zip(places, names, strict=True) if not name.isidentifier()
    ]:
        raise ValueError(f"{wrong[0]!r} is not the name of a value in {template!r}")
    return tuple(dict.fromkeys(names))
