"""The forms that pages show, found by following links, and what a person may send by them."""

import collections
import re
from urllib.parse import urljoin, urlsplit

import msgspec
from lxml import html

PAGES_ALIKE = 2  # of one route, as many are opened as links lead to, besides those to begin with
# Files, other languages of the same page, and pages of figures, which take seconds to draw.
NO_PAGE = re.compile(
    r"\.(csv|json|parquet|pdf|qdc|xlsx|xml)(\?|$)|[?&]lang=|^/(static|docs|api|health|logo|reports/|method)"
)
TYPED = ("text", "email", "search", "tel", "url", "number", "")
LONG, LONG_AMONG_MANY, MANY = 12_001, 2_500, 12
SHOWN = 60  # characters of a long line: a page may cut the rest of it off
FILE_FREE = "multipart/form-data"


class Form(msgspec.Struct, frozen=True):
    """A form as a page shows it: `route` is what takes it, `page` the address that it stands on."""

    page: str
    route: str
    element: html.FormElement

    @property
    def lines(self) -> dict[str, bool]:
        """The fields that somebody types words into, and whether each is a large box."""
        found = {}
        for one in self.element.inputs:
            if one.tag == "textarea":
                found[one.name] = True
            elif one.tag == "input" and (one.get("type") or "") in TYPED and one.name:
                found[one.name] = False
        return {name: large for name, large in found.items() if name is not None}

    @property
    def buttons(self) -> list[dict[str, list[str]]]:
        """What its buttons send, one of each name; the first is the one that Enter presses."""
        pressed = self.element.xpath('.//button[not(@form) and not(@type="button")]')
        return list({one.get("name"): sent_by(one) for one in pressed}.values()) or [{}]

    @property
    def kind(self) -> tuple[object, ...]:
        """Forms of one kind are sent once: the same route, fields and hidden words."""
        names = sorted({re.sub(r"\d+", "", name) for name, _ in self.element.form_values()})
        hidden = self.element.xpath('.//input[@type="hidden" and @name="kind"]/@value')
        modes = self.element.xpath(".//input/@inputmode")
        return (self.route, *names, *self.lines.items(), *modes, *hidden)


def sent_by(button):
    return {button.get("name"): [button.get("value", "")]} if button.get("name") else {}


class Sending(msgspec.Struct, frozen=True):
    """What a person sends by a form, the words they typed, and whether the page was old."""

    fields: dict[str, list[str]]
    typed: dict[str, str]
    old: bool = False


class Routes:
    """Which route of the application takes an address."""

    def __init__(self, app, method):
        found = {route.path for route in app.routes if method in getattr(route, "methods", ())}
        by_care = sorted(found, key=lambda path: path.count("{"))
        self.patterns = {path: re.compile(pattern_of(path)) for path in by_care}

    def of(self, address):
        path = urlsplit(address).path
        return next((name for name, one in self.patterns.items() if one.fullmatch(path)), "")


def pattern_of(path):
    return re.sub(r"\\\{\w+:(\w+)\\\}", lambda kind: KINDS.get(kind[1], "[^/]+"), re.escape(path))


KINDS = {"int": r"\d+", "uuid": r"[0-9a-f-]{36}", "date": r"\d{4}-\d\d-\d\d", "path": ".+"}


async def forms_from(app, client, starts, opened):
    """Every kind of form that is sent from the pages that links lead to, from these on.

    `opened` counts the pages of each route, also of those who looked before.
    """
    pages, takers = Routes(app, "GET"), Routes(app, "POST")
    waiting, seen = collections.deque(starts), set()
    while waiting:
        address = waiting.popleft()
        route = pages.of(address)
        enough = opened[route] >= PAGES_ALIKE and address not in starts
        if address in seen or not route or enough or NO_PAGE.search(address):
            continue
        seen.add(address)
        opened[route] += 1
        answer = await client.get(address, follow_redirects=True)
        if not answer.headers.get("content-type", "").startswith("text/html"):
            continue
        here = answer.url.raw_path.decode()
        tree = html.fromstring(answer.text)
        for element in tree.forms:
            action = urljoin(here, element.get("action") or here)
            if element.method == "POST" and takers.of(action):
                element.set("action", action)
                yield Form(here, takers.of(action), element)
        links = (urljoin(here, one) for one in tree.xpath("//a/@href"))
        waiting.extend(one.partition("#")[0] for one in links if one.startswith("/"))


def sendings(form):
    """With words in every box, or too long, as the page stands; with every choice made, one box
    left empty or all too long; by the other buttons; from a page that has changed meanwhile."""
    lines = list(form.lines)
    long = "y" * (LONG if len(lines) <= MANY else LONG_AMONG_MANY)
    words = {name: f"Typed <{place}> & meant" for place, name in enumerate(lines, 1)}
    too_long = {name: f"{one} {long}" for name, one in words.items()}
    first, *others = form.buttons
    gap = words | {lines[0]: ""}
    for chosen, typed in (False, words), (False, too_long), (True, gap), (True, too_long):
        fields = chosen_in(form, chosen=chosen)
        yield sending(fields | first, typed)
    for button in others:
        yield sending(fields | button, too_long)
    for mark in {"revision", "version"} & fields.keys():
        yield sending(fields | first | {mark: ["0"]}, words, old=True)


def sending(fields, typed, *, old=False):
    return Sending(fields | {name: [one] for name, one in typed.items()}, typed, old)


def chosen_in(form, *, chosen):
    """The fields as the page has them; `chosen` where the last of every choice is taken."""
    fields = collections.defaultdict(list)
    for name, value in form.element.form_values():
        fields[name].append(value)
    for one in form.element.inputs if chosen else ():
        if one.tag == "select" and one.value_options:
            fields[one.name] = one.value_options[-1:]
        elif one.get("type") in ("radio", "checkbox"):
            fields[one.name] = [one.get("value", "on")]
    return dict(fields)


async def send(client, form, sending):
    """The answer, and where it leads to the page again, that page."""
    data = sending.fields
    if form.element.get("enctype") == FILE_FREE:
        parts = [(name, (None, value)) for name, many in data.items() for value in many]
        answer = await client.post(form.element.action, files=parts)
    else:
        answer = await client.post(form.element.action, data=data)
    onward = answer.headers.get("location", "")
    here = {urlsplit(one).path for one in (form.page, form.element.action)}
    if answer.status_code == 303 and urlsplit(onward).path in here:
        answer = await client.get(onward)
    return answer


def errors_on(page):
    """The lines of the summary of errors, and whether each leads to a field of the page."""
    found = {}
    for line in page.xpath('//*[contains(@class, "govuk-error-summary__list")]/li'):
        target = "".join(line.xpath("./a/@href"))
        there = target.startswith("/") or page.xpath("boolean(//*[@id=$id])", id=target[1:])
        found[line.text_content()] = bool(target and there)
    return found


def lost_from(page, form, sent):
    """The fields whose words are not on the page again."""
    words = (page.text_content(), *page.xpath('//input[not(@type="hidden")]/@value'))
    shown = " ".join(" ".join(words).split())
    typed = {name: one if form.lines[name] else one[:SHOWN] for name, one in sent.typed.items()}
    return [name for name, one in typed.items() if " ".join(one.split()) not in shown]
