"""The page of help leads to every page that the guide has for organisers, by its own title."""

from lxml import html

from tests.api.pages.organiser.test_builder import amina
from tests.house.trees import ROOT

__all__ = ["amina"]  # a fixture
FOLDER = ROOT / "docs/how-to/organisers"


def title_of(page):
    lines = page.read_text(encoding="utf-8").splitlines()
    return next(line.removeprefix("# ") for line in lines if line.startswith("# "))


async def test_help_names_every_page_for_organisers(amina):
    page = html.fromstring((await amina.get("/work/help")).text)
    links = {link.get("href"): link.text_content() for link in page.xpath("//main//a[@href]")}
    assert {
        address: title
        for address, title in links.items()
        if address.startswith("/guide/how-to/organisers/")
    } == {
        f"/guide/how-to/organisers/{file.stem}.html": title_of(file)
        for file in FOLDER.glob("*.md")
        if file.stem != "index"
    }
    for address in links:
        if address.startswith("/guide/"):
            assert (ROOT / address.replace("/guide/", "docs/", 1)).with_suffix(".md").exists()
