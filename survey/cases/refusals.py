"""Refusals of a complaint and of a step in a case."""

from survey.problems import Conflict, Invalid, NotFound


def complaint_elsewhere() -> Invalid:
    return Invalid(
        "complaint.elsewhere",
        "A complaint has its own address, so that you can follow it.",
        "Send it to POST /api/v1/complaints.",
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
