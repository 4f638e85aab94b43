"""A survey that interviewers carry, with sample points, visits and an interview."""

import csv
import io
import re

import msgspec

from api.operations.answers import submissions
from survey.store.surveys import instruments
from survey.surveys.responses import Submission
from tests.api.pages.forms import send, token_on
from tests.survey.store.surveys.test_limits import CLUB, HACKNEY, LAMBETH

DOOR = msgspec.structs.replace(CLUB, slug="door-to-door", mode="sampled")
FOLDER = "/work/surveys/door-to-door/fieldwork"
POINTS = tuple(f"A{number:03}" for number in range(1, 13))
# A004 has a refusal that a later visit does not undo, A005 an interview whose answer never came.
VISITS = (
    ("A001", "2026-01-05", "morning", "Nobody home"),
    ("A001", "2026-01-06", "evening", "Interview"),
    ("A002", "2026-01-05", "morning", "Nobody home"),
    ("A003", "2026-01-05", "afternoon", "Not a home"),
    ("A004", "2026-01-05", "morning", "Refused"),
    ("A004", "2026-01-06", "evening", "Nobody home"),
    ("A005", "2026-01-05", "morning", "Interview"),
    ("A006", "2026-01-05", "evening", "No common language"),
)


def code_of(point):
    return f"DOOR-{point}"


def as_csv(*rows):
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


async def insert_survey(connection, owner=None):
    """The survey, and the codes of its sample: two in three in Hackney, the others in Lambeth."""
    await instruments.insert(connection, DOOR, by=owner)
    drawn = [
        (code_of(point), HACKNEY if place % 3 else LAMBETH, f"E0{place % 3}", 0.01)
        for place, point in enumerate(POINTS)
    ]
    await instruments.insert_invitations(connection, DOOR, drawn)


async def upload(client, what, content):
    """Send a file of points or of visits."""
    form = {"_csrf_token": await token_on(client, "/work")}
    files = {"file": (f"{what}.csv", content)}
    return await client.post(f"{FOLDER}/{what}", data=form, files=files)


async def answer_at(database, point):
    """An interview at a point; returns its receipt."""
    given = {"years": "young", "sex": "male"}
    sent = Submission(area="Hackney", answers=given, access_code=code_of(point))
    return await submissions.submit_response(database, DOOR.slug, sent)


async def add_points(client, name="Team A"):
    """An interviewer, and their points; returns the address of their list."""
    made = await send(client, f"{FOLDER}/interviewers", {"name": name})
    head = ("name", "reference", "code", "interviewer")
    rows = [("Ann Other", point, code_of(point), name) for point in POINTS]
    saved = await upload(client, "points", as_csv(head, *rows))
    assert saved.status_code == 303, saved.text
    shown = await client.get(made.headers["location"])
    return re.search(r'value="http://test(/visits/[^"]+)"', shown.text)[1]


async def add_visits(client, visits=VISITS):
    head = ("reference", "day", "part of day", "outcome")
    return await upload(client, "visits", as_csv(head, *visits))


async def add_fieldwork(client, database, owner=None):
    """All of it; the address of the interviewer's list."""
    async with database.connection() as connection:
        await insert_survey(connection, owner)
    address = await add_points(client)
    await answer_at(database, "A001")
    assert (await add_visits(client)).status_code == 303
    return address
