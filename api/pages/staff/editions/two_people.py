"""What one person marks as reviewed another one publishes, unless the operator lets one do both."""

from api.pages.templating import AnyRequest
from api.security.people import Person
from survey.problems import Problem

ONE_PERSON_NOTE = "published by the person who reviewed it, which the operator allows"
ONE_PERSON = "The operator lets one person review and publish. The audit will say so."
NOBODY_ELSE = (
    "No one else who can review has an open account: ask an administrator to add one, or the "
    "operator to let one person publish (SOUNDINGS_ONE_PERSON_PUBLISHES=true)."
)


def may_publish_alone(request: AnyRequest) -> bool:
    """Whether the operator lets one person review and publish."""
    return bool(request.app.state.settings.one_person_publishes)


def publication_detail(
    reviewer: str | None, name: str | None, person: Person, refusal: Problem, *, alone: bool
) -> dict[str, str]:
    """Who reviewed it, by account and name, for the audit; raises `refusal` if the same person may
    not publish it.
    """
    reviewed = {"reviewed_by": name or "a command"}
    if reviewer != person.id:
        return reviewed
    if not alone:
        raise refusal
    return reviewed | {"by_one_person": ONE_PERSON_NOTE}
