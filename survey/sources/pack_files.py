"""Lays out the areas of a place pack, by outlines or neighbours, and writes its files."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from survey.files import delimited
from survey.files.refusals import bad_cells, unreadable_file
from survey.places import comparable_name
from survey.problems import Fault
from survey.sources.packs import WITHOUT_RESIDENTS, DraftArea, Pack
from survey.sources.places import AREA_COLUMNS, COUNT_COLUMNS, Ring
from survey.words import WordsTable


def read_outlines(name: str, raw: bytes, drafts: Sequence[DraftArea]) -> dict[str, list[Ring]]:
    """The rings of each area from GeoJSON, whose features have its code or name as a property."""
    index = {
        comparable_name(key): draft.code for draft in drafts for key in (draft.name, draft.code)
    }
    try:
        features = json.loads(raw)["features"]
        outlines: dict[str, list[Ring]] = {}
        for feature in features:
            values = [feature.get("id", ""), *(feature.get("properties") or {}).values()]
            named = (index.get(comparable_name(str(value))) for value in values)
            code = next(filter(None, named), None)
            if code:
                shape = feature["geometry"]
                whole = shape["coordinates"]
                polygons = whole if shape["type"] == "MultiPolygon" else [whole]
                outlines.setdefault(code, []).extend(
                    [(float(point[0]), float(point[1])) for point in ring]
                    for polygon in polygons
                    for ring in polygon
                )
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise unreadable_file(name, "GeoJSON of polygons", f"{error}"[:80]) from error
    missing = [draft for draft in drafts if draft.code not in outlines]
    if missing:
        sentence = "has no outline: no feature has its code or name as a property"
        raise bad_cells(name, tuple(Fault(draft.name, sentence) for draft in missing))
    return outlines


def neighbours_by_outline(outlines: Mapping[str, list[Ring]]) -> dict[str, frozenset[str]]:
    """The areas that share two points of their outlines or more: one alone is a corner."""
    points = {
        code: {(round(x, 5), round(y, 5)) for ring in rings for x, y in ring}
        for code, rings in outlines.items()
    }
    return {
        code: frozenset(other for other in points if other != code and len(own & points[other]) > 1)
        for code, own in points.items()
    }


def place_tiles(
    drafts: Sequence[DraftArea], outlines: Mapping[str, list[Ring]]
) -> dict[str, tuple[int, int]]:
    """A tile for each area: the one given, or the free one nearest to its middle on a map, or to
    the tiles of its neighbours. Without any of these they stand in rows, in their order.
    """
    tiles = {draft.code: draft.spot for draft in drafts if draft.spot}
    width = math.ceil(math.sqrt(len(drafts)))
    middles = {code: ring_middle(rings) for code, rings in outlines.items()}
    xs, ys = [x for x, _ in middles.values()], [y for _, y in middles.values()]

    def wanted_spot(draft: DraftArea, at: int) -> tuple[float, float]:
        if draft.code in middles:
            x, y = middles[draft.code]
            return scale_to(x, xs, width), scale_to(-y, [-value for value in ys], width)
        near = [tiles[code] for code in sorted(draft.neighbours) if code in tiles]
        if near:
            return sum(x for x, _ in near) / len(near), sum(y for _, y in near) / len(near)
        return at % width + 1, at // width + 1

    for at, draft in enumerate(drafts):
        if draft.code not in tiles:
            x, y = wanted_spot(draft, at)
            free = (
                (column, row)
                for column in range(1, len(drafts) + 1)
                for row in range(1, len(drafts) + 1)
                if (column, row) not in tiles.values()
            )
            tiles[draft.code] = min(free, key=lambda spot: (math.dist(spot, (x, y)), spot))
    return tiles


def ring_middle(rings: list[Ring]) -> tuple[float, float]:
    longest = max(rings, key=len)
    return (
        sum(x for x, _ in longest) / len(longest),
        sum(y for _, y in longest) / len(longest),
    )


def scale_to(value: float, values: Sequence[float], width: int) -> float:
    """A value between the least and the largest of these, as a column from 1 to `width`."""
    span = max(values) - min(values)
    return 1 + (width - 1) * (value - min(values)) / span if span else 1.0


def topology(outlines: Mapping[str, list[Ring]]) -> dict[str, object]:
    """TopoJSON in which each ring is an arc of its own."""
    arcs = [ring for rings in outlines.values() for ring in rings]
    first = 0
    shapes = []
    for code, rings in outlines.items():
        numbers = [[[first + at]] for at in range(len(rings))]
        shapes.append({"type": "MultiPolygon", "id": code, "arcs": numbers})
        first += len(rings)
    collection = {"type": "GeometryCollection", "geometries": shapes}
    return {"type": "Topology", "objects": {"areas": collection}, "arcs": arcs}


def short_names(drafts: Sequence[DraftArea]) -> dict[str, str]:
    """Three letters for each tile, as given or from the name; no two are the same."""
    shorts = {draft.code: draft.short for draft in drafts if draft.short}
    for draft in drafts:
        letters = "".join(sign for sign in draft.name.upper() if sign.isalnum()) or draft.code
        wished = [letters[:3], *(letters[:2] + sign for sign in letters[3:]), draft.code]
        free = (short for short in wished if short not in shorts.values())
        shorts.setdefault(draft.code, next(free, draft.code))
    return shorts


def initials(name: str) -> str:
    return "".join(word[0] for word in name.upper().split())[:3]


def pack_files(pack: Pack) -> dict[str, bytes]:
    """The files of a pack by name, with its city.toml."""
    neighbours = neighbours_by_outline(pack.outlines)
    drafts = [
        draft
        if draft.neighbours
        else msgspec.structs.replace(draft, neighbours=neighbours.get(draft.code, frozenset()))
        for draft in pack.areas
    ]
    tiles, shorts = place_tiles(drafts, pack.outlines), short_names(drafts)
    rows: list[list[object]] = [[*AREA_COLUMNS, "neighbours"]]
    for draft in drafts:
        column, row = tiles[draft.code]
        rows.append(
            [
                *(draft.code, draft.name, shorts[draft.code], "borough", draft.variants),
                *(pack.force_code, column, row, "yes", "|".join(sorted(draft.neighbours))),
            ]
        )
    rows.append(
        [
            pack.force_code,
            pack.force,
            initials(pack.force),
            "force",
            "",
            pack.force_code,
            "",
            "",
            "yes",
            "",
        ]
    )
    rows += [
        [code, name, initials(name), "nowhere", variants, "", "", "", "no", ""]
        for code, name, variants in WITHOUT_RESIDENTS
    ]
    counts = [COUNT_COLUMNS, *(msgspec.structs.astuple(count) for count in pack.counts)]
    files = {
        "areas.csv": delimited.write_csv(rows),
        "populations.csv": delimited.write_csv(counts),
    }
    files |= {f"{key}.csv": raw for key, raw in pack.tables.items()}
    if pack.outlines:
        files["boundaries.json"] = json.dumps(topology(pack.outlines)).encode()
    named = {Path(file).stem: file for file in files}
    content: dict[str, str | list[str]] = {
        "name": pack.name,
        **named,
        "time_zone": pack.time_zone,
        "attribution": list(pack.attribution),
    }
    return files | {"city.toml": "".join(toml_lines(content)).encode()}


def words_table(words: WordsTable) -> bytes:
    """The table `words` of city.toml; what the place has no word for is left out."""
    given = {key: text for key, text in msgspec.structs.asdict(words).items() if text}
    return "".join(["\n[words]\n", *toml_lines(given)]).encode()


def toml_lines(content: Mapping[str, str | list[str]]) -> Iterator[str]:
    # JSON's strings are TOML's too, and so are its lists.
    for key, value in content.items():
        yield f"{key} = {json.dumps(value, ensure_ascii=False)}\n"
