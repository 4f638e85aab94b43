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


def unknown_instrument(slug: str) -> NotFound:
    return NotFound(
        "survey.unknown",
        f"There is no survey called {slug!r}.",
        "Look at the list of open surveys.",
    )


def closed_instrument(slug: str) -> Gone:
    return Gone(
        "survey.closed",
        f"The survey {slug!r} is closed.",
        "Nothing was saved. You can still send feedback in the open survey.",
    )


def bad_cursor() -> Malformed:
    return Malformed(
        "cursor.invalid",
        "This cursor is not valid.",
        "Start again without `after`, then pass on `next` unchanged.",
    )


def bad_answers(faults: tuple[Fault, ...]) -> Invalid:
    first = faults[0]
    return Invalid(
        "answers.invalid",
        f"{first.where}: {first.sentence}",
        "Correct these answers and send everything again. Nothing was saved.",
        faults,
    )


def bad_instrument(faults: tuple[Fault, ...]) -> Invalid:
    return Invalid(
        "instrument.invalid",
        "Something in this survey has to be corrected first.",
        "Correct what is listed here, then try again.",
        faults,
    )


def published_instrument(slug: str, version: int) -> Conflict:
    return Conflict(
        "instrument.published",
        f"Version {version} of {slug!r} is published and cannot be changed.",
        f"Publish your change as version {version + 1}.",
    )


def changed_kind(slug: str) -> Conflict:
    return Conflict(
        "survey.kind",
        f"{slug!r} is a survey of another kind, which cannot be changed.",
        "Publish it under another slug.",
    )


def unknown_area(name: str) -> Invalid:
    return Invalid(
        "area.unknown",
        f"{name!r} is not a known area.",
        "Use an ONS code such as E09000012, or the borough's name.",
    )


def unknown_postcode(postcode: str) -> Invalid:
    return Invalid(
        "postcode.unknown",
        f"{postcode!r} is not a postcode in this city.",
        "Give a postcode such as E8 1EA, or choose the borough.",
    )


def ambiguous_postcode(postcode: str, areas: tuple[Fault, ...]) -> Invalid:
    return Invalid(
        "postcode.ambiguous",
        f"{postcode!r} is in a district that several boroughs share.",
        "Choose the borough; `faults` lists the possible ones.",
        areas,
    )


def needs_borough() -> Invalid:
    return Invalid(
        "borough.needed",
        "We need to know which borough this is about.",
        "Send `borough` (an ONS code or name) or `postcode`; only the borough is stored.",
    )


def complaint_elsewhere() -> Invalid:
    return Invalid(
        "complaint.elsewhere",
        "A complaint has its own address, so that you can follow it.",
        "Send it to POST /api/v1/complaints.",
    )


def needs_access_code() -> Invalid:
    return Invalid(
        "access_code.needed",
        "This survey is for people who were chosen at random and sent an access code.",
        "Enter the code from your letter, or answer the open survey instead.",
    )


def unknown_access_code() -> Invalid:
    return Invalid(
        "access_code.unknown",
        "This access code is wrong, or was used before.",
        "Check it against your letter; each code works once.",
    )


def reused_key() -> Conflict:
    return Conflict(
        "idempotency.conflict",
        "This Idempotency-Key was used before with different content.",
        "Use a new key for new content; what you sent first is unchanged.",
    )


def mixed_streams() -> Invalid:
    return Invalid(
        "streams.mixed",
        "Sampled and open answers were mixed.",
        "Estimate each stream alone: people who chose to write are not a sample of residents.",
    )


def changed_case(reference: str) -> Conflict:
    return Conflict(
        "case.changed",
        f"Someone else changed case {reference} in the meantime.",
        "Read the case again, then decide.",
    )


def illegal_transition(reference: str, kind: str, status: str) -> Conflict:
    return Conflict(
        "case.move",
        f"Case {reference} is {status}: '{kind}' cannot follow.",
        "Read the case again; only the steps shown there are possible.",
    )


def unknown_case(reference: str) -> NotFound:
    return NotFound("case.unknown", f"There is no case {reference!r}.", "Check the reference.")


def unknown_edition(what: str) -> NotFound:
    return NotFound(
        "report.unknown",
        f"There is no edition {what}.",
        "Look at the list of editions.",
    )


def unreadable_file(name: str, expected: str, seen: str) -> Invalid:
    return Invalid(
        "file.format",
        f"{name} is not the file that was expected.",
        f"Expected {expected}. Seen: {seen}. Nothing was saved.",
    )


def too_large_file(name: str, most: int) -> TooLarge:
    return TooLarge(
        "file.too_large",
        f"{name} is larger than {most // 1_000_000} MB.",
        "Import it in parts, such as one year at a time. Nothing was saved.",
    )


def bad_cells(name: str, faults: tuple[Fault, ...], more: int = 0) -> Invalid:
    first = faults[0]
    rest = f" and {len(faults) + more - 1:,} more" if len(faults) + more > 1 else ""
    return Invalid(
        "file.cells",
        f"{name}: {first.where}: {first.sentence}{rest}.",
        "Correct the file at its source and import it again; nothing was saved.",
        faults,
    )


def same_import(name: str, known_on: str) -> Conflict:
    return Conflict(
        "import.same",
        f"{name} was imported before, as known on {known_on}.",
        "Nothing to do. A changed file is saved as a new version next to the old one.",
    )


def empty_cell(margin: str, cell: int | str) -> Invalid:
    return Invalid(
        "weights.empty_cell",
        f"Nobody answered in category {cell} of {margin}, but residents live there.",
        "Merge this category with a similar one before raking; no estimate was made.",
    )


def unknown_cell(margin: str, cell: int | str) -> Invalid:
    return Invalid(
        "weights.unknown_cell",
        f"Someone is in category {cell} of {margin}, which has no target.",
        "Give a target for every category; no estimate was made.",
    )


def totals_differ(margin: str, total: float, first: float) -> Invalid:
    return Invalid(
        "weights.totals_differ",
        f"The margin {margin} adds up to {total:,.0f} residents, the first one to {first:,.0f}.",
        "Take every margin from the same source and year; no estimate was made.",
    )


def not_converged(cycles: int, furthest: float) -> Invalid:
    return Invalid(
        "weights.not_converged",
        f"After {cycles} cycles a cell is still {furthest:.1%} from its target.",
        "The margins contradict each other for these respondents: merge some categories.",
    )
