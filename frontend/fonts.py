"""Static TrueType fonts from the variable web fonts: `fonts.py FILES_FOLDER OUT_FOLDER`.

vl-convert (pictures) and typst (papers) read neither WOFF2 nor a weight axis.
"""

import sys
from io import BytesIO
from pathlib import Path

from fontTools.merge import Merger
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

FAMILY = "Atkinson Hyperlegible Next"
WEIGHTS = {"Regular": 400, "Bold": 700}
SUBSETS = ("latin", "latin-ext")


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


def main(files: Path, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for style, weight in WEIGHTS.items():
        parts = [
            files / f"atkinson-hyperlegible-next-{subset}-wght-normal.woff2" for subset in SUBSETS
        ]
        merged = Merger().merge([static_font(part, weight) for part in parts])
        set_names(merged, style, weight)
        merged.recalcTimestamp = False
        dated = TTFont(parts[0])["head"]
        merged["head"].created, merged["head"].modified = dated.created, dated.modified
        merged.save(out / f"AtkinsonHyperlegibleNext-{style}.ttf")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
