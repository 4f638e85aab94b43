"""Every staff page is guarded, has a template and can be reached; every template is used."""

import ast
import re

import pytest
from litestar import get
from litestar.handlers import HTTPRouteHandler

from api.pages import work
from api.pages.work import FOLDERS, StaffPage
from api.security.people import SignedIn
from tests.house.trees import ROOT, tree_of

PAGES = ROOT / "api" / "pages"
TEMPLATES = PAGES / "templates" / "work"
REGISTERED = [page for pages in work.pages_by_folder().values() for page in pages]
INCLUDED = re.compile(r'"work/([\w/]+)\.html"')


def addresses_read(app):
    return {route.path for route in app.routes if "GET" in getattr(route, "methods", ())}


def work_handlers(app):
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            if route.path.startswith("/work") and handler.http_methods != {"OPTIONS"}:
                yield route.path, handler


def unguarded(handlers):
    return [
        path
        for path, handler in handlers
        if not any(isinstance(guard, SignedIn) for guard in handler.resolve_guards())
    ]


def unreachable(pages, addresses):
    """The pages that the menu does not show and that no page we serve is said to link to."""
    return [page for page in pages if not page.menu and page.linked_from not in addresses]


def handlers_in(module):
    return {one for one in vars(module).values() if isinstance(one, HTTPRouteHandler)}


def rendered_templates(tree):
    """The templates that a module renders as staff pages; an f-string as a pattern."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "page.show":
            name = node.args[0]
            if isinstance(name, ast.Constant):
                yield re.escape(name.value)
            elif isinstance(name, ast.JoinedStr):
                parts = (re.escape(p.value) if isinstance(p, ast.Constant) else ".+"
                         for p in name.values)  # fmt: skip
                yield "".join(parts)


def staff_templates():
    """The names of the templates, with the folder of their room."""
    return [
        file.relative_to(TEMPLATES).with_suffix("").as_posix() for file in TEMPLATES.rglob("*.html")
    ]


def missing_templates(tree):
    there = staff_templates()
    return [
        name for name in rendered_templates(tree) if not any(re.fullmatch(name, t) for t in there)
    ]


def test_every_staff_page_is_guarded_by_its_folder(app):
    found = list(work_handlers(app))
    assert len(found) > 100
    assert unguarded(found) == []


def test_a_staff_page_without_a_guard_is_found_out():
    @get("/work/open", sync_to_thread=False)
    def show() -> str:
        return ""

    assert unguarded([("/work/open", show)]) == ["/work/open"]


def test_only_the_registry_guards_staff_pages():
    """A guard on a handler or a second list of pages would be one more place to look."""
    found = [
        str(file.relative_to(ROOT))
        for file in PAGES.rglob("*.py")
        if "guards=" in file.read_text() and "SignedIn" in file.read_text()
    ]
    assert found == ["api/pages/work.py"]


def handled_functions(module):
    """The functions of a module's pages and of its public handlers, also those in a router with an
    address of its own.
    """
    pages = [handler for page in getattr(module, "PAGES", ()) for handler in page.handlers]
    for one in (*pages, *getattr(module, "HANDLERS", ())):
        nested = [
            handler for route in getattr(one, "routes", ()) for handler in route.route_handlers
        ]
        yield from (handler.fn for handler in nested or [one])


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_handler_of_a_folder_is_on_a_page(folder):
    for module in work.page_modules(folder):
        own = {one.fn for one in handlers_in(module) if one.fn.__module__ == module.__name__}
        assert own <= {*handled_functions(module)}, module.__name__


def test_every_folder_of_staff_pages_has_roles():
    folders = {f"api.pages.staff.{one.name}" for one in (PAGES / "staff").iterdir() if one.is_dir()}
    assert {one for one in folders if "__pycache__" not in one} <= FOLDERS.keys()


def test_every_staff_page_can_be_reached(app):
    assert unreachable(REGISTERED, addresses_read(app)) == []
    places = [page.place for page in REGISTERED if page.menu]
    assert len(places) == len(set(places))


def test_a_staff_page_that_nothing_leads_to_is_found_out(app):
    lost, wrong = StaffPage([]), StaffPage([], linked_from="/work/nowhere")
    assert unreachable([lost, wrong], addresses_read(app)) == [lost, wrong]


def test_every_staff_page_has_its_template():
    missing = {
        str(file.relative_to(ROOT)): found
        for file in PAGES.rglob("*.py")
        if (found := missing_templates(tree_of(file)))
    }
    assert missing == {}


def test_a_staff_page_without_its_template_is_found_out():
    assert missing_templates(ast.parse('page.show("home/landing")')) == []
    assert missing_templates(ast.parse('page.show("never")')) == ["never"]


def test_every_template_of_the_staff_pages_is_used():
    rendered = [name for file in PAGES.rglob("*.py") for name in rendered_templates(tree_of(file))]
    texts = [file.read_text() for file in (PAGES / "templates").rglob("*.html")]
    included = {name for text in texts for name in INCLUDED.findall(text)}
    unused = [
        one
        for one in staff_templates()
        if one not in included and not any(re.fullmatch(name, one) for name in rendered)
    ]
    assert unused == []
