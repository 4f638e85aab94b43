"""The product's refusals: a stable code, a sentence, what to do, and where the fault is."""

from typing import ClassVar

import msgspec


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
