"""The menu of the staff pages, by role."""

from api.security.people import ROLES, Person

MENU = (
    ("/work", "Your work", ROLES),
    ("/work/surveys", "Surveys", ("organiser", "reviewer")),
    ("/work/complaints", "Complaints", ("reviewer",)),
    ("/work/editions", "Editions", ("reviewer",)),
    ("/work/actions", "Actions", ("reviewer",)),
    ("/work/alerts", "Alerts", ("reviewer",)),
    ("/work/files", "Data", ("reviewer",)),
    ("/work/themes", "Themes", ("reviewer",)),
    ("/work/double-coding", "Double coding", ("reviewer",)),
    ("/work/campaigns", "Campaigns", ("reviewer",)),
    ("/work/quotes", "Quotes", ("reviewer",)),
    ("/work/people", "Staff accounts", ("administrator",)),
    ("/work/jobs", "Jobs", ("administrator",)),
    ("/work/audit", "Audit", ("administrator",)),
    ("/work/help", "Help", ("organiser",)),
)


def menu_for(person: Person) -> list[tuple[str, str]]:
    """The menu entries that this person may open: address and label."""
    return [(address, words) for address, words, roles in MENU if person.may(*roles)]
