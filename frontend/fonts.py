"""The fonts of pages and papers from those of the package: `fonts.py FILES_FOLDER STATIC_FOLDER`.

Pages get variable fonts with the weights that they use, from regular to bold: without the lighter
and heavier ones the Latin letters have 20 KB instead of 34. vl-convert (pictures) and typst
(papers) read neither WOFF2 nor a weight axis, so they get two static TrueType fonts.
"""

import sys
from io import BytesIO
from pathlib import Path

from fontTools import subset
from fontTools.merge import Merger
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

FAMILY = "Atkinson Hyperlegible Next"
WEIGHTS = {"Regular": 400, "Bold": 700}
SUBSETS = ("latin", "latin-ext")
# What Polish, Romanian and Turkish need beyond the Latin letters of western Europe.
CENTRAL = "ĂăĄąĆćĘęĞğİŁłŃńŚśŞşŹźŻżȘșȚț"


def source_path(files: Path, part: str) -> Path:
    return files / f"atkinson-hyperlegible-next-{part}-wght-normal.woff2"


def save_web_font(source: Path, target: Path, letters: str = "") -> None:
    """Save a font with these letters, or all of them, from regular to bold."""
    font = TTFont(source, recalcTimestamp=False)
    options = subset.Options(flavor="woff2", notdef_outline=True)
    cut = subset.Subsetter(options)
    cut.populate(unicodes=[ord(one) for one in letters] or list(font.getBestCmap()))
    cut.subset(font)
    limits = (WEIGHTS["Regular"], WEIGHTS["Bold"])
    font = instantiateVariableFont(font, {"wght": limits})
    subset.save_font(font, target, options)


def static_font(source: Path, weight: int) -> BytesIO:
    font = TTFont(source, recalcTimestamp=False)
    static = instantiateVariableFont(font, {"wght": weight})
    static.flavor = None
    plain = BytesIO()
    static.save(plain)
    plain.seek(0)
    return plain


def set_names(font: TTFont, style: str, weight: int) -> None:
    postscript = f"{FAMILY.replace(' ', '')}-{style}"
    names = {1: FAMILY, 2: style, 3: postscript, 4: f"{FAMILY} {style}", 6: postscript}
    for number in (16, 17, 21, 22, 25):
        font["name"].removeNames(nameID=number)
    for number, text in names.items():
        font["name"].setName(text, number, 3, 1, 0x409)
    bold = style == "Bold"
    font["OS/2"].usWeightClass = weight
    font["OS/2"].fsSelection = 0x20 if bold else 0x40
    font["head"].macStyle = int(bold)


def main(files: Path, static: Path) -> None:
    latin, extended = (source_path(files, part) for part in SUBSETS)
    save_web_font(latin, static / "atkinson.woff2")
    save_web_font(extended, static / "atkinson-extended.woff2")
    save_web_font(extended, static / "atkinson-central.woff2", CENTRAL)
    out = static / "fonts"
    out.mkdir(parents=True, exist_ok=True)
    for style, weight in WEIGHTS.items():
        parts = [latin, extended]
        merged = Merger().merge([static_font(part, weight) for part in parts])
        set_names(merged, style, weight)
        merged.recalcTimestamp = False
        dated = TTFont(parts[0])["head"]
        merged["head"].created, merged["head"].modified = dated.created, dated.modified
        merged.save(out / f"AtkinsonHyperlegibleNext-{style}.ttf")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
