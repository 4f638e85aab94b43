"""Sample forms of other programs, imported and answered at random: everybody comes to an end."""

import random
import re
import warnings

import msgspec
import pytest
from lxml import html

from survey.formats import expressions, readers
from survey.instruments import faults_of
from survey.problems import Problem
from survey.store import instruments
from tests.surveyfiles import FOLDER, needs_samples

BASE = "/surveys/walked"
FILES = sorted(
    [
        *FOLDER.glob("xlsform/**/*.xls*"),
        *FOLDER.glob("limesurvey/*.ls*"),
        *FOLDER.glob("surveyjs/*example*.json"),
    ]
)
WORDS = ("x", "12", "0770012345", "hello there", "1")
DAYS = {"day": "3", "month": "4", "year": "2010"}


def published(file):
    """The survey of a file; None where it is refused, or the report says what stops it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            one = readers.read(file.name, file.read_bytes()).instrument
            one = msgspec.structs.replace(
                one, slug="walked", opens=None, closes=None, kind="survey", mode="open"
            )
            return None if faults_of(one) or expressions.check(one) else one
        except Problem:
            return None


def typed_in(form, chance):
    """Random answers to all that a page asks."""
    found, ticked = {}, {}
    for field in form.xpath(".//input[@name]|.//textarea[@name]"):
        name, kind = field.get("name"), field.get("type", field.tag)
        part = name.rpartition("-")[2]
        if kind in ("radio", "checkbox"):
            ticked.setdefault(name, []).append((kind, field.get("value", "yes")))
        elif kind == "hidden":
            found[name] = field.get("value", "")
        elif kind == "time":
            found[name] = "10:30"
        elif kind != "file" and name != "postcode":
            numeric = field.get("inputmode") in ("numeric", "decimal")
            word = str(chance.choice([0, 1, 2, 5, 18, 40])) if numeric else chance.choice(WORDS)
            found[name] = DAYS.get(part, word)
    for name, boxes in ticked.items():
        if "skip" not in name and "remove" not in name:
            several = boxes[0][0] == "checkbox"
            picked = chance.sample(boxes, chance.randint(1, len(boxes)) if several else 1)
            found[name] = [value for _, value in picked]
    places = [field.get("name") for field in form.xpath(".//select[@name]")]
    order = chance.sample(range(1, len(places) + 1), len(places))
    for name, place in zip(places, order, strict=True):
        options = form.xpath(f".//select[@name='{name}']/option/@value")
        found[name] = str(place) if str(place) in options else options[-1]
    return found


def acting(form, found, chance, times):
    """With the button that is pressed: more rounds at times, and at last what can be skipped."""
    if form.xpath(".//button[@name='act' and @value='add']"):
        found["act"] = "add" if times < 3 and chance.random() < 0.5 else "go"
    files = form.xpath(".//input[@type='file']")
    if form.xpath(".//button[@name='skip']") and (files or chance.random() < 0.15 or times > 8):
        found["skip"] = "yes"
    return found


def words_of(page):
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", page.partition("<main")[2]))[:700]


@needs_samples
@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.name}")
async def test_everybody_comes_to_the_end_of_a_survey_from_a_file(file, client, db):
    if (one := published(file)) is None:
        pytest.skip("this file is refused, or the report of its import says what stops it")
    await instruments.insert(db.the_connection, msgspec.structs.replace(one, version=1))
    chance = random.Random(1)
    first = html.fromstring((await client.get(BASE)).text).xpath("//main//form")[0]
    begun = await client.post(BASE, data=typed_in(first, chance) | {"answer": "E09000012"})
    at, times = begun.headers["location"], {}
    while times.setdefault(at, 0) < 25:
        times[at] += 1
        page = await client.get(at)
        if page.status_code in (302, 303, 307):
            at = page.headers["location"]
            continue
        assert page.status_code == 200, (at, words_of(page.text))
        if at.endswith("/check"):
            sent = await client.post(f"{BASE}/send", data={})
            assert sent.status_code == 303, words_of(sent.text)
            return
        form = html.fromstring(page.text).xpath("//main//form")[0]
        found = acting(form, typed_in(form, chance), chance, times[at])
        if form.xpath(".//input[@type='file']") and "skip" not in found:
            pytest.skip("this survey has to have a file")
        answer = await client.post(form.get("action"), data=found)
        assert answer.status_code in (303, 422), (at, words_of(answer.text))
        at = answer.headers.get("location", at)
    pytest.fail(f"nobody gets past {at}: {words_of(page.text)}")
