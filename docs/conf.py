"""How Sphinx builds the guide from these pages: `python -P docs/guide.py FOLDER`."""

import sys
import tomllib
from pathlib import Path

from pygments.lexers.special import TextLexer

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "docs"))

from guide import complete_page  # noqa: E402

# Read here and not by api/look.py: the image builds the guide without the product's libraries.
LOOK = tomllib.loads((ROOT / "api/look.toml").read_text())
project = "Soundings"
version = release = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
copyright = "the authors of Soundings, Apache License 2.0"  # noqa: A001 - Sphinx's name
extensions = ["myst_parser"]
exclude_patterns = ["pictures"]
nitpicky = True

myst_enable_extensions = ["attrs_block"]
myst_heading_anchors = 4

html_theme = "furo"
html_title = f"Soundings {version}: the guide"
html_static_path = ["guide.css", "../api/pages/static/atkinson.woff2"]
html_favicon = "../api/pages/static/favicon.svg"
html_css_files = ["guide.css"]
html_copy_source = False
html_show_sphinx = False
html_use_index = False
html_theme_options = {
    "top_of_page_buttons": [],
    "light_css_variables": {
        "font-stack": f"{LOOK['font']}, system-ui, sans-serif",
        "color-brand-primary": LOOK["colour"]["brand"],
        "color-brand-content": LOOK["colour"]["action"],
        "color-brand-visited": LOOK["colour"]["visited"],
    },
    "dark_css_variables": {
        "color-brand-primary": LOOK["dark"]["action"],
        "color-brand-content": LOOK["dark"]["action"],
        "color-brand-visited": LOOK["dark"]["visited"],
    },
}


def setup(sphinx):
    # Diagrams are drawn where the pages are read on a code host; here they are their own source.
    for language_of_block in ("mermaid", "csv"):
        sphinx.add_lexer(language_of_block, TextLexer)
    sphinx.connect("source-read", complete)


def complete(sphinx, name, source):
    source[0] = complete_page(name, source[0])
