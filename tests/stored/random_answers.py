"""Answers a survey page by page at random, as a person without JavaScript would."""

import re

from lxml import html

from tests.files.uploads import plain_png

WORDS = ("x", "12", "0770012345", "hello there", "1", "ann@example.org", "+447700123456", "AB12")
NUMBERS = (0, 1, 2, 3, 5, 10, 18, 25, 40, 70, 100, 150, 300, 1_000, 2_025)
DAYS = {"day": ("3", "27"), "month": ("4", "11"), "year": ("2010", "2026", "1980", "2027")}
MOST_TIMES = 40  # on one page
PICTURE = plain_png()


class StuckOnPage(AssertionError):
    """A page that shows an error of ours, or that no answer gets past."""


class HeldByRule(StuckOnPage):
    """A page whose own validation rules random answers do not meet."""


def random_answers(form, chance):
    """Random answers to all questions of a page."""
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
            word = str(chance.choice(NUMBERS)) if numeric else chance.choice(WORDS)
            found[name] = chance.choice(DAYS.get(part, (word,)))
    for name, boxes in ticked.items():
        if not name.startswith(("skip", "remove")):
            several = boxes[0][0] == "checkbox"
            picked = chance.sample(boxes, chance.randint(1, len(boxes)) if several else 1)
            found[name] = [value for _, value in picked]
    places = [field.get("name") for field in form.xpath(".//select[@name]")]
    order = chance.sample(range(1, len(places) + 1), len(places))
    for name, place in zip(places, order, strict=True):
        options = form.xpath(f".//select[@name='{name}']/option/@value")
        found[name] = str(place) if str(place) in options else options[-1]
    return found


def with_button(form, found, chance, times):
    """The answers with a button: at times another round or "skip", and at last "skip"."""
    if form.xpath(".//button[@name='act' and @value='add']"):
        found["act"] = "add" if times < 3 and chance.random() < 0.5 else "go"
    if form.xpath(".//button[@name='skip']") and (chance.random() < 0.15 or times > 8):
        found["skip"] = "yes"
    return found


def picture_uploads(form):
    return {
        name: ("a.png", PICTURE, "image/png") for name in form.xpath(".//input[@type='file']/@name")
    }


def page_text(page):
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", page.partition("<main")[2]))[:700]


def page_errors(page):
    return " ".join(html.fromstring(page).xpath("string(//*[@role='alert'])").split())[:200]


async def walk_survey(client, base, chance):
    """Answer a survey at random from its first page until it is sent."""
    first = html.fromstring((await client.get(base)).text).xpath("//main//form")[0]
    begun = await client.post(base, data=random_answers(first, chance) | {"answer": "E09000012"})
    at, times, errors = begun.headers.get("location", base), {}, ""
    while times.setdefault(at, 0) < MOST_TIMES:
        times[at] += 1
        page = await client.get(at)
        if page.status_code in (302, 303, 307):
            at = page.headers["location"]
            continue
        if page.status_code != 200:
            raise StuckOnPage(f"{at}: {page.status_code} {page_text(page.text)}")
        if at.endswith("/check"):
            return await send(client, base)
        errors = page_errors(page.text)
        at = await answer_page(client, at, page, chance, times[at])
    if errors:
        raise HeldByRule(f"{at}: {errors}")
    raise StuckOnPage(f"nobody gets past {at}: {page_text(page.text)}")


async def answer_page(client, at, page, chance, times):
    """Send random answers to one page; where it leads."""
    form = html.fromstring(page.text).xpath("//main//form")[0]
    found = with_button(form, random_answers(form, chance), chance, times)
    files = {} if "skip" in found else picture_uploads(form)
    answer = await client.post(form.get("action"), data=found, files=files or None)
    if answer.status_code not in (303, 422):
        raise StuckOnPage(f"{at}: {answer.status_code} {page_text(answer.text)}")
    return answer.headers.get("location", at)


async def send(client, base):
    """Send what was answered; a refusal leads back to the page of all answers."""
    sent = await client.post(f"{base}/send", data={})
    if sent.status_code != 303:
        raise StuckOnPage(f"sending: {sent.status_code} {page_text(sent.text)}")
    if "/done/" not in sent.headers["location"]:
        again = await client.get(sent.headers["location"])
        raise HeldByRule(f"sending: {again.status_code} {page_errors(again.text)}")
