"""The fonts of pages and papers from those of the package: `fonts.py FILES_FOLDER STATIC_FOLDER`.

Pages get variable fonts with the weights that they use, from regular to bold: without the lighter
and heavier ones the Latin letters have 20 KB instead of 34. vl-convert (pictures) and typst
(papers) read neither WOFF2 nor a weight axis, so they get two static TrueType fonts.

The typeface has one zero, with a slash, which makes 2026 look like code. Here it gets a plain one;
the one with a slash is for codes alone, under the OpenType feature "zero".
"""

import copy
import sys
from io import BytesIO
from pathlib import Path

from fontTools import subset
from fontTools.merge import Merger
from fontTools.otlLib.builder import buildLookup, buildSingleSubstSubtable
from fontTools.ttLib import TTFont
from fontTools.ttLib.tables import otTables
from fontTools.ttLib.tables._g_l_y_f import Glyph, GlyphCoordinates
from fontTools.ttLib.tables.TupleVariation import TupleVariation
from fontTools.varLib.instancer import instantiateVariableFont

FAMILY = "Atkinson Hyperlegible Next"
WEIGHTS = {"Regular": 400, "Bold": 700}
SUBSETS = ("latin", "latin-ext")
# What Polish, Romanian and Turkish need beyond the Latin letters of western Europe.
CENTRAL = "ĂăĄąĆćĘęĞğİŁłŃńŚśŞşŹźŻżȘșȚț"


SLASHED = "zero.slash"
# Points of the zero with a slash: its outline, and of the hole above the slash the quarter from the
# rightmost point to the top. Mirrored, that quarter makes the hole of the plain zero.
OUTLINE, QUARTER, AFTER = slice(0, 16), slice(31, 37), slice(39, None)

Pairs = list[tuple[float, float]]


def source_path(files: Path, part: str) -> Path:
    return files / f"atkinson-hyperlegible-next-{part}-wght-normal.woff2"


def open_font(source: Path) -> TTFont:
    font = TTFont(source, recalcTimestamp=False)
    if "zero" in font.getGlyphOrder():
        add_plain_zero(font)
    return font


def add_plain_zero(font: TTFont) -> None:
    """Make the digit's zero a plain one, and move the one with a slash to a glyph of its own."""
    glyphs, changes = font["glyf"], font["gvar"].variations
    slashed = glyphs["zero"]
    font.setGlyphOrder([*font.getGlyphOrder(), SLASHED])
    glyphs[SLASHED], font["hmtx"][SLASHED] = slashed, font["hmtx"]["zero"]
    changes[SLASHED] = changes["zero"]
    plain: Glyph = copy.copy(slashed)
    points = without_slash(list(slashed.coordinates))
    outline = slashed.flags[OUTLINE]
    plain.coordinates = GlyphCoordinates(points)
    plain.flags = outline + slashed.flags[QUARTER][:-1] * 4
    plain.endPtsOfContours = [len(outline) - 1, len(points) - 1]
    plain.numberOfContours = len(plain.endPtsOfContours)
    glyphs["zero"] = plain
    changes["zero"] = [
        TupleVariation(one.axes, without_slash(one.coordinates)) for one in changes[SLASHED]
    ]
    add_feature(font, "zero", {"zero": SLASHED})


def without_slash(pairs: Pairs) -> Pairs:
    """The points of a zero, or how they move with the weight, as a plain zero has them."""
    quarter = pairs[QUARTER]
    middle, height = quarter[-1][0], quarter[0][1]
    left = [(2 * middle - x, y) for x, y in reversed(quarter)]
    below = [(2 * middle - x, 2 * height - y) for x, y in quarter]
    right = [(x, 2 * height - y) for x, y in reversed(quarter)]
    hole = [pair for part in (quarter, left, below, right) for pair in part[:-1]]
    return pairs[OUTLINE] + hole + pairs[AFTER]


def add_feature(font: TTFont, tag: str, replaced: dict[str, str]) -> None:
    """Replace these glyphs wherever the feature is asked for; its tag is the last of all."""
    table = font["GSUB"].table
    lookups = table.LookupList
    lookups.Lookup.append(buildLookup([buildSingleSubstSubtable(replaced)]))
    lookups.LookupCount = len(lookups.Lookup)
    record = otTables.FeatureRecord()
    record.FeatureTag, record.Feature = tag, otTables.Feature()
    record.Feature.FeatureParams = None
    record.Feature.LookupListIndex = [lookups.LookupCount - 1]
    table.FeatureList.FeatureRecord.append(record)
    number = len(table.FeatureList.FeatureRecord) - 1
    for script in table.ScriptList.ScriptRecord:
        languages = [one.LangSys for one in script.Script.LangSysRecord]
        for language in (script.Script.DefaultLangSys, *languages):
            language.FeatureIndex.append(number)


def save_web_font(source: Path, target: Path, letters: str = "") -> None:
    """Save a font with these letters, or all of them, from regular to bold."""
    font = open_font(source)
    options = subset.Options(flavor="woff2", notdef_outline=True)
    options.layout_features += ["tnum", "zero"]
    cut = subset.Subsetter(options)
    cut.populate(unicodes=[ord(one) for one in letters] or list(font.getBestCmap()))
    cut.subset(font)
    limits = (WEIGHTS["Regular"], WEIGHTS["Bold"])
    font = instantiateVariableFont(font, {"wght": limits})
    subset.save_font(font, target, options)


def static_font(source: Path, weight: int) -> BytesIO:
    font = open_font(source)
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
