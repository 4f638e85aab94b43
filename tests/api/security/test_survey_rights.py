"""The owner of a survey decides who sees, exports, changes and closes it, whatever came before."""

import json
import random
import re

import httpx
import msgspec
import pytest

from api.operations import imports
from api.security import cookies
from api.security import people as people_room
from api.security.people import Person
from survey.problems import Forbidden
from survey.store import surveys
from survey.store.accounts import people
from survey.store.surveys import instruments
from survey.surveys.ready import COMPLAINT, load_ready_instruments
from tests.api.pages.forms import TOKEN, send
from tests.api.pages.survey_of_everything import EVERYTHING
from tests.conftest import roll_back_at_end
from tests.parts import slow_and_long

WORK, BUILDER = "/work/surveys", "/work/builder"
HOUSE = {one.slug: one for one in load_ready_instruments()}
SLUGS = [*HOUSE, "alpha-1", "beta-2", "gamma-3"]
DRAW = {"number": "1", "stratum": "E09000012", "psu": "E01000001", "probability": "0.1"}
ORGANISERS = ("ada", "ben", "cyd")


@pytest.fixture
async def db(connection, swept):
    """As in conftest, but at the isolation level (repeatable read) that an export needs."""
    async with roll_back_at_end(connection, "repeatable_read") as one:
        yield one


@pytest.fixture
async def group(app, db):
    """Three organisers from three groups and an administrator, each with a browser."""
    clients = {}
    for name in (*ORGANISERS, "admin"):
        role = "administrator" if name == "admin" else "organiser"
        account = await people.insert(db.the_connection, f"{name}@x.org", name, role, None)
        key = await people_room.begin_session(db.the_connection, account)
        clients[name] = httpx.AsyncClient(
            transport=httpx.ASGITransport(app, raise_app_exceptions=False),
            base_url="http://test",
            cookies={cookies.SESSION: key},
        )
    yield clients
    for client in clients.values():
        await client.aclose()


def definition(**changes):
    return msgspec.json.encode(msgspec.structs.replace(EVERYTHING, **changes)).decode()


async def publish(client, **changes):
    return await send(client, WORK, {"definition": definition(**changes)})


async def import_draft(client, title, **changes):
    one = definition(title={"en": title}, **changes)
    files = {"file": ("survey.json", one.encode())}
    return await send(client, f"{BUILDER}/import", files=files)


async def revision_on(client, slug):
    return re.search(r'name="revision" value="(\d+)"', (await client.get(f"{BUILDER}/{slug}")).text)


# ---------------------------------------------------------------- what was found


@pytest.mark.parametrize("version", [1, HOUSE[COMPLAINT].version + 1])
@pytest.mark.parametrize("kind", ["survey", "complaint"])
async def test_no_organiser_replaces_or_shuts_the_complaint_form(group, client, version, kind):
    before = (await client.get("/api/v1/surveys/complaint")).json()
    answer = await publish(group["ada"], slug=COMPLAINT, version=version, kind=kind)
    assert answer.status_code in (403, 422)
    assert (await client.get("/api/v1/surveys/complaint")).json() == before
    assert (await group["ada"].get(f"{WORK}/complaint")).status_code == 404
    await send(group["ada"], f"{WORK}/complaint/standing", {"standing": "closed"})
    assert (await client.get("/complaints")).status_code == 200


async def test_a_survey_whose_first_version_is_not_1_stays_with_its_group(group, client):
    assert (await publish(group["ada"], slug="a-third", version=3)).status_code == 303
    for version in (4, 1):
        answer = await publish(group["ben"], slug="a-third", version=version)
        assert answer.status_code == 403
    assert (await group["ben"].get(f"{WORK}/a-third")).status_code == 404
    assert (await group["ben"].get(f"{WORK}/a-third/answers.csv")).status_code == 404
    assert (await group["ada"].get(f"{WORK}/a-third/answers.csv")).status_code == 200


async def test_a_version_below_the_newest_is_refused(group):
    await publish(group["ada"], slug="a-third", version=3)
    answer = await publish(group["ada"], slug="a-third", version=1)
    assert answer.status_code == 409
    assert "as version 4" in answer.text


async def test_a_kind_never_changes_along_the_versions(group):
    await publish(group["ada"], slug="alpha-1")
    answer = await publish(group["ada"], slug="alpha-1", version=2, kind="feedback")
    assert answer.status_code == 409
    assert "another kind" in answer.text


async def test_an_imported_complaint_form_becomes_a_survey_and_says_so(group, client):
    answer = await import_draft(group["ada"], "A second complaint form", kind="complaint")
    slug = answer.headers["location"].split("/")[3]
    assert "it is a complaint form" in (await group["ada"].get(f"{BUILDER}/{slug}/report")).text
    form = {"revision": (await revision_on(group["ada"], slug))[1]}
    assert (await send(group["ada"], f"{BUILDER}/{slug}/publish", form)).status_code == 303
    assert (await client.get(f"/api/v1/surveys/{slug}")).json()["kind"] == "survey"


async def test_nobody_publishes_under_the_slug_of_anothers_draft(group):
    answer = await import_draft(group["ada"], "alpha-1")
    assert answer.headers["location"] == f"{BUILDER}/alpha-1/report"
    assert (await publish(group["ben"], slug="alpha-1")).status_code == 403
    form = {"revision": (await revision_on(group["ada"], "alpha-1"))[1]}
    assert (await send(group["ada"], f"{BUILDER}/alpha-1/publish", form)).status_code == 303


async def test_a_draft_that_the_administrator_begins_is_open_to_whose_survey_it_is(group):
    await publish(group["ada"], slug="alpha-1")
    assert (await send(group["admin"], f"{WORK}/alpha-1/draft")).status_code == 303
    assert (await group["ada"].get(f"{BUILDER}/alpha-1")).status_code == 200
    assert (await group["ben"].get(f"{BUILDER}/alpha-1")).status_code == 404


async def test_a_discarded_draft_frees_its_slug(group):
    await import_draft(group["ada"], "alpha-1")
    asked = (await group["ada"].get(f"{BUILDER}/alpha-1/discard")).text
    shown = {"revision": re.search(r'name="revision" value="(\d+)"', asked)[1]}
    await send(group["ada"], f"{BUILDER}/alpha-1/discard", shown)
    assert (await publish(group["ben"], slug="alpha-1")).status_code == 303


async def test_an_administrator_brings_the_complaint_form_back_as_it_was_supplied(
    group, client, db
):
    """Also where an organiser had replaced and closed it, before that was refused."""
    ada = await people.by_email(db.the_connection, "ada@x.org")
    newest = HOUSE[COMPLAINT].version
    for version in (1, newest + 1):
        hijack = msgspec.structs.replace(
            EVERYTHING, slug=COMPLAINT, version=version, kind="complaint"
        )
        await instruments.insert(db.the_connection, hijack, by=str(ada.id))
    await instruments.set_closed(db.the_connection, COMPLAINT, closed=True)
    assert (await client.get("/complaints")).status_code == 410
    assert (await send(group["ada"], f"{WORK}/complaint/restore")).status_code == 403
    assert (await send(group["admin"], f"{WORK}/complaint/restore")).status_code == 303
    assert (await client.get("/complaints")).status_code == 200
    now, closed = await instruments.get(db.the_connection, COMPLAINT)
    assert (now.version, closed, now.items) == (newest + 2, False, HOUSE[COMPLAINT].items)
    await imports.restore_built_in(db.the_connection, COMPLAINT)
    assert (await instruments.get(db.the_connection, COMPLAINT))[0].version == newest + 2


async def test_an_organiser_sees_the_totals_of_the_house_and_the_working_group_exports(
    group, signed_in
):
    from tests.people import AMINA, CINDY

    amina, cindy = await signed_in(AMINA), await signed_in(CINDY)
    for slug in ("taser-trial", "feedback"):
        page = await amina.get(f"{WORK}/{slug}")
        assert page.status_code == 200
        assert "answers.csv" not in page.text
        assert (await amina.get(f"{WORK}/{slug}/answers.csv")).status_code == 403
        assert "answers.csv" in (await cindy.get(f"{WORK}/{slug}")).text
        assert (await cindy.get(f"{WORK}/{slug}/answers.csv")).status_code == 200
    await publish(group["ada"], slug="alpha-1")
    assert (await cindy.get(f"{WORK}/alpha-1/answers.csv")).status_code == 404
    assert "Make a survey" not in (await cindy.get(WORK)).text


# ---------------------------------------------------------------- any sequence of acts


class RightsModel:
    """Who owns which survey, and its state: the rules written again, apart from our code."""

    def __init__(self):
        self.owner = dict.fromkeys(HOUSE, "house")
        self.versions = {slug: [one.version] for slug, one in HOUSE.items()}
        self.kind = {slug: one.kind for slug, one in HOUSE.items()}
        self.mode = {slug: one.mode for slug, one in HOUSE.items()}
        self.drafts = {}
        self.closed = dict.fromkeys(HOUSE, False)

    def steers(self, who, slug):
        return slug != COMPLAINT and (who == "admin" or self.owner.get(slug) == who)

    def sees(self, who, slug):
        return self.steers(who, slug) or (
            slug != COMPLAINT and self.owner.get(slug) == "house" and slug in self.versions
        )

    def takes(self, who, slug):
        """Whether this person may publish under a slug, new or not."""
        return who == "admin" or self.owner.get(slug, who) == who

    def is_published(self, slug):
        return bool(self.versions.get(slug))


class RightsPlay:
    """Random acts by HTTP, each compared with the model as soon as it is answered."""

    def __init__(self, clients, connection, rng):
        self.clients, self.connection, self.rng = clients, connection, rng
        self.model = RightsModel()
        self.log = []
        self.given = {}  # the former owner of each survey that was handed over

    async def start(self):
        self.tokens = {
            name: TOKEN.search((await client.get("/work")).text)[1]
            for name, client in self.clients.items()
        }

    async def post(self, who, address, form=None, **given):
        data = {"_csrf_token": self.tokens[who]} | (form or {})
        return await self.clients[who].post(address, data=data, **given)

    async def post_revision(self, who, address, slug):
        """Post a form about the draft as it is now, even for somebody who may not see it."""
        row = await self.connection.fetchval(
            "SELECT revision FROM instrument_drafts WHERE slug = $1", slug
        )
        return await self.post(who, address, {"revision": str(row or 1)})

    async def step(self):
        who = self.rng.choice([*self.clients])
        slug = self.rng.choice([*SLUGS, *SLUGS[-3:]])  # the free ones twice as often
        act = self.rng.choice(
            [*[self.publish] * 5, self.bring, self.change, self.open, self.publish_draft,
             self.discard, self.close, self.give, self.see, self.export, self.draw, self.restore]
        )  # fmt: skip
        self.log.append((act.__name__, who, slug))
        await act(who, slug)

    def expect(self, answer, allowed, passed=(200, 303)):
        assert answer.status_code < 500, self.log
        assert (answer.status_code in passed) == allowed, (self.log, answer.status_code)

    async def publish(self, who, slug):
        model, last = self.model, max(self.model.versions.get(slug) or [0])
        version = self.rng.choice([last + 1, last + 1, last + 2, max(last, 1)])
        kind = self.rng.choice([model.kind.get(slug, "survey"), "survey", "complaint"])
        mode = self.rng.choice([model.mode.get(slug, "open"), "open", "sampled"])
        free = slug not in model.versions
        changed = slug in model.owner and (kind, mode) != (model.kind[slug], model.mode[slug])
        fits = version > last and (kind == COMPLAINT) == (slug == COMPLAINT)
        fits = fits and not (changed and not (free and model.owner[slug] == who))
        answer = await self.post(
            who,
            WORK,
            {"definition": definition(slug=slug, version=version, kind=kind, mode=mode)},
        )
        assert answer.status_code < 500, self.log
        passed = answer.status_code == 303
        if slug in HOUSE:  # a built-in survey may refuse more than the model, never less
            assert not passed or (model.takes(who, slug) and fits), self.log
        else:
            self.expect(answer, model.takes(who, slug) and fits, (303,))
        if passed:
            model.owner.setdefault(slug, who)
            model.kind[slug], model.mode[slug] = kind, mode
            model.versions.setdefault(slug, []).append(version)
            model.closed.setdefault(slug, False)

    async def bring(self, who, slug):
        content = definition(title={"en": slug}, kind=self.rng.choice(["survey", "complaint"]))
        answer = await self.post(
            who, f"{BUILDER}/import", files={"file": ("x.json", content.encode())}
        )
        assert answer.status_code == 303, self.log
        new = answer.headers["location"].split("/")[3]
        assert new not in self.model.owner, self.log
        self.model.owner[new] = who
        self.model.kind[new], self.model.mode[new] = "survey", "open"
        self.model.drafts[new] = ("survey", "open")

    async def change(self, who, slug):
        allowed = self.model.steers(who, slug) and self.model.is_published(slug)
        self.expect(await self.post(who, f"{WORK}/{slug}/draft"), allowed)
        if allowed:
            now = self.model.kind[slug], self.model.mode[slug]
            self.model.drafts.setdefault(slug, now)

    async def open(self, who, slug):
        allowed = self.model.steers(who, slug) and slug in self.model.drafts
        self.expect(await self.clients[who].get(f"{BUILDER}/{slug}"), allowed)

    async def publish_draft(self, who, slug):
        model = self.model
        answer = await self.post_revision(who, f"{BUILDER}/{slug}/publish", slug)
        allowed = model.steers(who, slug) and slug in model.drafts
        if slug not in HOUSE:
            now = model.kind.get(slug), model.mode.get(slug)
            self.expect(answer, allowed and model.drafts[slug] == now)
        assert allowed or answer.status_code in (403, 404), self.log
        if answer.status_code == 303:
            del model.drafts[slug]
            last = max(model.versions.get(slug) or [0])
            model.versions.setdefault(slug, []).append(last + 1)
            model.closed.setdefault(slug, False)

    async def discard(self, who, slug):
        allowed = self.model.steers(who, slug) and slug in self.model.drafts
        answer = await self.post_revision(who, f"{BUILDER}/{slug}/discard", slug)
        self.expect(answer, allowed)
        if allowed:
            del self.model.drafts[slug]
            if not self.model.is_published(slug):
                for known in (self.model.owner, self.model.kind, self.model.mode):
                    del known[slug]
                self.given.pop(slug, None)

    async def close(self, who, slug):
        state = self.rng.choice(["closed", "open"])
        # A draft without a version has nothing to close; for its owner either answer is fine.
        answer = await self.post(who, f"{WORK}/{slug}/standing", {"standing": state})
        if self.model.is_published(slug) or not self.model.steers(who, slug):
            self.expect(answer, self.model.steers(who, slug))
        if answer.status_code == 303 and self.model.is_published(slug):
            self.model.closed[slug] = state == "closed"

    async def give(self, who, slug):
        """To an organiser or the administrator, or to somebody who cannot have a survey."""
        to = self.rng.choice([*self.clients, "nobody"])
        former = await self.connection.fetchval("SELECT owner FROM surveys WHERE slug = $1", slug)
        form = {"email": f"{to}@x.org", "former": str(former), "confirmed": "yes"}
        answer = await self.post(who, f"{WORK}/{slug}/owner", form)
        owner = self.model.owner.get(slug)
        before = self.given.get(slug) == who and owner == to  # sent twice
        own = slug in self.model.owner and owner != "house" and self.model.steers(who, slug)
        allowed = own and to not in ("nobody", owner)
        self.expect(answer, allowed or before, (303,))
        if allowed and answer.status_code == 303:
            self.model.owner[slug], self.given[slug] = to, owner

    async def see(self, who, slug):
        allowed = self.model.sees(who, slug) and self.model.is_published(slug)
        self.expect(await self.clients[who].get(f"{WORK}/{slug}"), allowed)

    async def export(self, who, slug):
        allowed = self.model.steers(who, slug) and self.model.is_published(slug)
        self.expect(await self.clients[who].get(f"{WORK}/{slug}/answers.csv"), allowed)

    async def draw(self, who, slug):
        answer = await self.post(who, f"{WORK}/{slug}/codes", DRAW)
        assert answer.status_code < 500, self.log
        assert answer.status_code != 200 or self.model.steers(who, slug), self.log

    async def restore(self, who, slug):
        answer = await self.post(who, f"{WORK}/{slug}/restore")
        self.expect(answer, who == "admin" and slug in HOUSE)
        if answer.status_code == 303:
            now, _ = await instruments.get(self.connection, slug)
            assert now.items == HOUSE[slug].items, self.log
            if now.version not in self.model.versions[slug]:
                self.model.versions[slug].append(now.version)
            self.model.closed[slug] = False

    async def check(self):
        """At the end, the database holds exactly what the model says."""
        names = {
            row["id"]: row["name"]
            for row in await self.connection.fetch("SELECT id::text, name FROM accounts")
        } | {None: "house"}
        rows = await self.connection.fetch("SELECT slug, owner::text, kind FROM surveys")
        assert {row["slug"]: names[row["owner"]] for row in rows} == self.model.owner, self.log
        assert {row["slug"]: row["kind"] for row in rows} == self.model.kind, self.log
        versions = {}
        for row in await self.connection.fetch("SELECT * FROM instruments ORDER BY version"):
            versions.setdefault(row["slug"], []).append(row["version"])
            assert row["kind"] == self.model.kind[row["slug"]], self.log
        assert versions == {slug: list(v) for slug, v in self.model.versions.items() if v}, self.log
        for row in await self.connection.fetch(
            "SELECT DISTINCT ON (slug) slug, closed FROM instruments ORDER BY slug, version"
        ):
            assert row["closed"] == self.model.closed[row["slug"]], self.log
        await self.check_audit(names)

    async def check_audit(self, names):
        """Every act on a built-in survey was by an administrator."""
        for row in await self.connection.fetch("SELECT account::text, act, subject FROM audit"):
            slug = row["subject"].split()[0]
            if slug in HOUSE and row["act"] != "draft begun":
                assert names[row["account"]] == "admin", (self.log, row)


async def play_and_check(group, connection, seed, steps):
    played = RightsPlay(group, connection, random.Random(seed))
    await played.start()
    for _ in range(steps):
        await played.step()
    await played.check()


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_no_sequence_of_acts_reaches_what_is_not_ones_own(group, db, seed):
    await play_and_check(group, db.the_connection, seed, 40)


@pytest.mark.slow
@pytest.mark.parametrize("seed", slow_and_long(range(100, 140), 8))
async def test_no_long_sequence_of_acts_reaches_what_is_not_ones_own(group, db, seed):
    await play_and_check(group, db.the_connection, seed, 150)


# ---------------------------------------------------------------- the command line


async def test_the_operator_publishes_for_the_house(db, group):
    one = definition(slug="alpha-1").encode()
    await imports.import_survey(db.the_connection, one)
    assert (await surveys.find(db.the_connection, "alpha-1")).is_house
    ada = Person(id=await account_id(db, "ada"), email="", name="", role="organiser")
    later = json.dumps(json.loads(one) | {"version": 2}).encode()
    with pytest.raises(Forbidden):
        await imports.import_survey(db.the_connection, later, by=ada)


async def account_id(db, name):
    return (await people.by_email(db.the_connection, f"{name}@x.org")).id


async def test_surveys_of_groups_never_hide_those_of_the_house(client, db):
    """However many there are and whatever they are called; the rest are on the next page."""
    closed = msgspec.structs.replace(EVERYTHING, slug="0-closed")
    await instruments.insert(db.the_connection, closed, by=None)
    await instruments.set_closed(db.the_connection, "0-closed", closed=True)
    ada = await people.insert(db.the_connection, "many@x.org", "Many", "organiser", None)
    for number in range(210):
        one = msgspec.structs.replace(EVERYTHING, slug=f"a-{number:03}")
        await instruments.insert(db.the_connection, one, by=ada)
    seen, address = [], "/surveys"
    first = (await client.get(address)).text
    assert 'href="/surveys/taser-trial"' in first
    assert 'href="/surveys/feedback"' in first
    while address:
        text = (await client.get(address)).text
        seen += re.findall(r'href="/surveys/([a-z0-9-]+)">', text)
        found = re.search(r'href="(/surveys\?page=\d+)"', text)
        address = found[1] if found else ""
    assert {f"a-{number:03}" for number in range(210)} <= set(seen)
    assert len([one for one in seen if one.startswith("a-")]) == 210
    assert "0-closed" not in seen
    for odd in ("0", "-1", "9" * 30, "x", "9999"):
        assert (await client.get("/surveys", params={"page": odd})).status_code == 200


async def test_the_next_version_of_a_closed_survey_stays_closed_and_the_pages_say_so(group, client):
    ada, here = group["ada"], f"{WORK}/alpha-1"
    await publish(ada, slug="alpha-1")
    await send(ada, f"{here}/standing", {"standing": "closed"})
    await send(ada, f"{here}/draft")
    assert "Version 2 stays closed too" in (await ada.get(f"{BUILDER}/alpha-1/publish")).text
    form = {"revision": (await revision_on(ada, "alpha-1"))[1]}
    answer = await send(ada, f"{BUILDER}/alpha-1/publish", form)
    assert "stays closed until you open it" in (await ada.get(answer.headers["location"])).text
    assert (await client.get("/surveys/alpha-1")).status_code == 410
    await send(ada, f"{here}/standing", {"standing": "open"})
    assert (await client.get("/surveys/alpha-1")).status_code == 200
