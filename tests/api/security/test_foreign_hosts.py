"""Without a public address in the settings, pages name the host of the request, to its sender only.

People open a new installation by the address of a machine in their network, so that no list of
hosts is known before. What is held instead: no answer that anything may store depends on the host.
"""

import pytest

from tests.analysis.editions.made_up_edition import sample
from tests.api.routes.test_odata import make_key
from tests.api.security.test_parsers import places, stranger_routes
from tests.stored.published_editions import save_and_publish

__all__ = ["places"]  # a fixture
FOREIGN = "foreign.example"
HEADERS = {"host": FOREIGN, "x-forwarded-host": FOREIGN, "forwarded": f"host={FOREIGN}"}


def all_of(answer):
    """Everything that an answer says, its headers too."""
    return repr(sorted(answer.headers.multi_items())) + answer.text


def may_be_stored(answer):
    return "no-store" not in answer.headers.get("cache-control", "")


@pytest.fixture
async def addresses(app, places, db):
    edition = sample()
    await save_and_publish(db.the_connection, edition)
    found = {
        places(address.replace("{start:str}", "{start}").replace("{start}", str(edition.start)))
        for _, _, address in stranger_routes(app, "GET")
    }
    return sorted(found | {f"/reports/weekly/{edition.start}?language=ar"})


async def test_what_may_be_stored_does_not_depend_on_the_host_and_nobody_else_is_told_it(
    app, addresses, client, db
):
    bearer = {"authorization": f"Bearer {await make_key(db)}"}
    named, differ, told = set(), [], []
    for address in addresses:
        head = bearer if "odata" in address else {}
        foreign = await client.get(address, headers=HEADERS | head)
        usual = await client.get(address, headers=head)
        named |= {address} if FOREIGN in all_of(foreign) else set()
        stored = may_be_stored(foreign) or may_be_stored(usual)
        differ += [address] if stored and foreign.content != usual.content else []
        told += [address] if FOREIGN in all_of(usual) else []
    assert (differ, told) == ([], [])
    assert any("odata" in one for one in named)  # so the walk would see what depends on it
