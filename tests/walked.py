"""Walks a survey page by page with random answers, as somebody without JavaScript would."""

import re

from lxml import html

from tests.attached import plain_png

WORDS = ("x", "12", "0770012345", "hello there", "1", "ann@example.org", "+447700123456", "AB12")
NUMBERS = (0, 1, 2, 3, 5, 10, 18, 25, 40, 70, 100, 150, 300, 1_000, 2_025)
DAYS = {"day": ("3", "27"), "month": ("4", "11"), "year": ("2010", "2026", "1980", "2027")}
MOST_TIMES = 40  # on one page
PICTURE = plain_png()


class Stuck(AssertionError):
    """A page that shows an error of ours, or that nobody gets past."""


class Held(Stuck):
    """A page whose own rules random answers do not meet."""


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


def acting(form, found, chance, times):
    """With the button that is pressed: more rounds at times, and at last what can be skipped."""
    if form.xpath(".//button[@name='act' and @value='add']"):
        found["act"] = "add" if times < 3 and chance.random() < 0.5 else "go"
    if form.xpath(".//button[@name='skip']") and (chance.random() < 0.15 or times > 8):
        found["skip"] = "yes"
    return found


def pictures_for(form):
    return {
        name: ("a.png", PICTURE, "image/png") for name in form.xpath(".//input[@type='file']/@name")
    }


def words_of(page):
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", page.partition("<main")[2]))[:700]


def errors_on(page):
    return " ".join(html.fromstring(page).xpath("string(//*[@role='alert'])").split())[:200]


async def walk(client, base, chance):
    """Answer a survey at random from its first page until it is sent."""
    first = html.fromstring((await client.get(base)).text).xpath("//main//form")[0]
    begun = await client.post(base, data=typed_in(first, chance) | {"answer": "E09000012"})
    at, times, errors = begun.headers.get("location", base), {}, ""
    while times.setdefault(at, 0) < MOST_TIMES:
        times[at] += 1
        page = await client.get(at)
        if page.status_code in (302, 303, 307):
            at = page.headers["location"]
            continue
        if page.status_code != 200:
            raise Stuck(f"{at}: {page.status_code} {words_of(page.text)}")
        if at.endswith("/check"):
            return await send(client, base)
        errors = errors_on(page.text)
        at = await answer_page(client, at, page, chance, times[at])
    if errors:
        raise Held(f"{at}: {errors}")
    raise Stuck(f"nobody gets past {at}: {words_of(page.text)}")


async def answer_page(client, at, page, chance, times):
    """Send random answers to one page; where it leads."""
    form = html.fromstring(page.text).xpath("//main//form")[0]
    found = acting(form, typed_in(form, chance), chance, times)
    files = {} if "skip" in found else pictures_for(form)
    answer = await client.post(form.get("action"), data=found, files=files or None)
    if answer.status_code not in (303, 422):
        raise Stuck(f"{at}: {answer.status_code} {words_of(answer.text)}")
    return answer.headers.get("location", at)


async def send(client, base):
    """Send what was answered; a refusal leads back to the page of all answers."""
    sent = await client.post(f"{base}/send", data={})
    if sent.status_code != 303:
        raise Stuck(f"sending: {sent.status_code} {words_of(sent.text)}")
    if "/done/" not in sent.headers["location"]:
        again = await client.get(sent.headers["location"])
        raise Held(f"sending: {again.status_code} {errors_on(again.text)}")
