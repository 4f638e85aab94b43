"""Finds the forms on our pages by following links, and what a person might submit with each."""

import collections
import re
from urllib.parse import urljoin, urlsplit

import msgspec
from lxml import html

from api.pages.filters import HYPHENATED

PAGES_PER_ROUTE = 2  # opened of each route, besides the pages to start from
# Files, other languages of the same page, the way out that deletes what was typed, and pages of
# figures, which take seconds to draw.
NOT_A_PAGE = re.compile(
    r"/exit$|\.(csv|json|parquet|pdf|qdc|xlsx|xml)(\?|$)|[?&]lang=|^/(static|docs|api|health|logo|reports/|method)"
)
TRAP = "website"  # which only robots fill in, and which refuses nobody
TYPED = ("text", "email", "search", "tel", "url", "number", "")
LONG, LONG_AMONG_MANY, MANY = 12_001, 2_500, 12
SHOWN = 60  # characters of a long line: a page may cut the rest of it off
# A file's name, or the id of a record, whose groups can be digits by chance.
NAME_OR_ID = re.compile(r"[\w-]+\.[a-z]{3}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MULTIPART = "multipart/form-data"


class FoundForm(msgspec.Struct, frozen=True):
    """A form found on a page: `page` is where it was shown, `route` the route it posts to."""

    page: str
    route: str
    element: html.FormElement

    @property
    def lines(self) -> dict[str, bool]:
        """The fields that people type text into; True for a large box (textarea)."""
        found = {}
        for one in self.element.inputs:
            if one.tag == "textarea":
                found[one.name] = True
            elif one.tag == "input" and (one.get("type") or "") in TYPED and one.name != TRAP:
                found[one.name] = False
        return {name: large for name, large in found.items() if name is not None}

    @property
    def buttons(self) -> list[dict[str, list[str]]]:
        """The fields that its buttons submit, one for each name; Enter presses the first."""
        pressed = self.element.xpath('.//button[not(@form) and not(@type="button")]')
        return list({one.get("name"): button_fields(one) for one in pressed}.values()) or [{}]

    @property
    def kind(self) -> tuple[object, ...]:
        """Equal for forms of one kind, tested once: same route, fields and hidden `kind`."""
        names = sorted({re.sub(r"\d+", "", name) for name, _ in self.element.form_values()})
        hidden = self.element.xpath('.//input[@type="hidden" and @name="kind"]/@value')
        modes = self.element.xpath(".//input/@inputmode")
        return (self.route, *names, *self.lines.items(), *modes, *hidden)


def button_fields(button):
    return {button.get("name"): [button.get("value", "")]} if button.get("name") else {}


class FormSubmission(msgspec.Struct, frozen=True):
    """One submission of a form: its fields, the text typed, and whether the page was stale."""

    fields: dict[str, list[str]]
    typed: dict[str, str]
    old: bool = False


class Routes:
    """Finds the route of the application that handles an address."""

    def __init__(self, app, method):
        found = {route.path for route in app.routes if method in getattr(route, "methods", ())}
        by_care = sorted(found, key=lambda path: path.count("{"))
        self.patterns = {path: re.compile(path_pattern(path)) for path in by_care}

    def of(self, address):
        path = urlsplit(address).path
        return next((name for name, one in self.patterns.items() if one.fullmatch(path)), "")


def path_pattern(path):
    return re.sub(r"\\\{\w+:(\w+)\\\}", lambda kind: KINDS.get(kind[1], "[^/]+"), re.escape(path))


KINDS = {"int": r"\d+", "uuid": r"[0-9a-f-]{36}", "date": r"\d{4}-\d\d-\d\d", "path": ".+"}


async def find_forms(app, client, starts, opened):
    """Yield every form that posts to us, from the pages that links lead to from `starts`.

    `opened` counts the pages opened of each route, also by earlier visitors.
    """
    pages, takers = Routes(app, "GET"), Routes(app, "POST")
    waiting, seen = collections.deque(starts), set()
    while waiting:
        address = waiting.popleft()
        route = pages.of(address)
        enough = opened[route] >= PAGES_PER_ROUTE and address not in starts
        if address in seen or not route or enough or NOT_A_PAGE.search(address):
            continue
        seen.add(address)
        opened[route] += 1
        answer = await client.get(address, follow_redirects=True)
        if not answer.headers.get("content-type", "").startswith("text/html"):
            continue
        here = answer.url.raw_path.decode()
        tree = html.fromstring(answer.text)
        assert breaking_numbers(tree) == [], here
        for element in tree.forms:
            action = urljoin(here, element.get("action") or here)
            if element.method == "POST" and takers.of(action):
                element.set("action", action)
                yield FoundForm(here, takers.of(action), element)
        links = (urljoin(here, one) for one in tree.xpath("//a/@href"))
        waiting.extend(one.partition("#")[0] for one in links if one.startswith("/"))


def breaking_numbers(tree):
    """The numbers and codes that a narrow screen breaks at their hyphen.

    A code of four groups may be: people read it by its groups. Names of files and ids are none.
    """
    shown = tree.xpath(
        "//body//text()[not(ancestor::script or ancestor::style or ancestor::textarea"
        " or ancestor::option or ancestor::*[contains(@class, 'unbroken')"
        " or contains(@class, 'visually-hidden') or contains(@class, 'receipt__code')])]"
    )
    return [
        text
        for text in shown
        if any(one[0] != "<" for one in HYPHENATED.findall(NAME_OR_ID.sub("", text)))
    ]


def possible_submissions(form):
    """With words in every box, or too long, as the page stands; with every choice made, one box
    left empty or all too long; by the other buttons; from a page that has changed meanwhile."""
    lines = list(form.lines)
    long = "y" * (LONG if len(lines) <= MANY else LONG_AMONG_MANY)
    words = {name: f"Typed <{place}> & meant" for place, name in enumerate(lines, 1)}
    too_long = {name: f"{one} {long}" for name, one in words.items()}
    first, *others = form.buttons
    gap = words | {lines[0]: ""}
    for chosen, typed in (False, words), (False, too_long), (True, gap), (True, too_long):
        fields = field_values(form, chosen=chosen)
        yield form_submission(fields | first, typed)
    for button in others:
        yield form_submission(fields | button, too_long)
    for mark in {"revision", "version"} & fields.keys():
        yield form_submission(fields | first | {mark: ["0"]}, words, old=True)


def form_submission(fields, typed, *, old=False):
    return FormSubmission(fields | {name: [one] for name, one in typed.items()}, typed, old)


def field_values(form, *, chosen):
    """Field values as the page shows them; with `chosen`, the last option of every choice."""
    fields = collections.defaultdict(list)
    for name, value in form.element.form_values():
        fields[name].append(value)
    for one in form.element.inputs if chosen else ():
        if one.tag == "select" and one.value_options:
            fields[one.name] = one.value_options[-1:]
        elif one.get("type") in ("radio", "checkbox"):
            fields[one.name] = [one.get("value", "on")]
    return dict(fields)


async def submit_form(client, form, sending):
    """Submit a form; the response, or the page itself where the response redirects back to it."""
    data = sending.fields
    if form.element.get("enctype") == MULTIPART:
        parts = [(name, (None, value)) for name, many in data.items() for value in many]
        answer = await client.post(form.element.action, files=parts)
    else:
        answer = await client.post(form.element.action, data=data)
    onward = answer.headers.get("location", "")
    here = {urlsplit(one).path for one in (form.page, form.element.action)}
    if answer.status_code == 303 and urlsplit(onward).path in here:
        answer = await client.get(onward)
    return answer


def summary_errors(page):
    """The lines of the error summary, and whether each links to a field on the page."""
    found = {}
    for line in page.xpath('//*[contains(@class, "govuk-error-summary__list")]/li'):
        target = "".join(line.xpath("./a/@href"))
        there = target.startswith("/") or page.xpath("boolean(//*[@id=$id])", id=target[1:])
        found[line.text_content()] = bool(target and there)
    return found


def lost_fields(page, form, sent):
    """The fields whose typed text the page does not show again."""
    words = (page.text_content(), *page.xpath('//input[not(@type="hidden")]/@value'))
    shown = " ".join(" ".join(words).split())
    typed = {name: one if form.lines[name] else one[:SHOWN] for name, one in sent.typed.items()}
    return [name for name, one in typed.items() if " ".join(one.split()) not in shown]
