"""Bodies and heads of requests that are made to take their readers long, up to a size."""

import json
from urllib.parse import urlencode

from tests.files.uploads import PDF, plain_jpeg, plain_png
from tests.phones import new_id

BOUNDARY = "x" * 60
FORM = {"content-type": "application/x-www-form-urlencoded"}
MULTIPART = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
JSON = {"content-type": "application/json"}
NAMES = (
    "answer", "answer-1", "answer-day", "postcode", "narrative", "q-narrative", "q-why",
    "q-several", "email", "password", "passphrase", "number", "reference", "code", "message",
    "words", "name", "contact-email", "contact-phone", "receipt", "lists", "version", "act",
    "outcome", "day-day",
)  # fmt: skip
SURVEY = "everything"


def forms(size, token):
    """URL-encoded forms: one long text, as many fields as are taken, each text in escapes."""
    first = urlencode({"_csrf_token": token})
    room = size - len(first) - 1_000
    each = room // len(NAMES) // 3
    many = "&".join(f"f{n}=" for n in range(960 - len(NAMES)))
    return {
        "one long text": f"{first}&answer={'x ' * (room // 2)}".replace(" ", "+"),
        "every field long": first + "".join(f"&{name}={'%C3%A9' * (each // 2)}" for name in NAMES),
        "marks of all kinds": f"{first}&answer=" + "%3C%26%0A%E2%80%AE" * (room // 18),
        "digits": first + "".join(f"&{name}={'9' * each}" for name in NAMES),
        "many fields": f"{first}&{many}"[:size],
        "one field often": first + "&answer=one" * min(940, room // 11),
    }


def part(name, content, file=""):
    named = f'; filename="{file}"\r\nContent-Type: application/octet-stream' if file else ""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'
    return head.encode() + content + b"\r\n"


def multiparts(size, token):
    """Multipart forms: many parts, a part full of what looks like an end, one of a large file."""
    first, last = part("_csrf_token", token.encode()), f"--{BOUNDARY}--\r\n".encode()
    room = size - len(first) - len(last) - 1_000
    small = part("a", b"")
    almost = f"\r\n--{BOUNDARY[:-1]}".encode()
    xml = (
        f'<d id="{SURVEY}" version="1"><meta><instanceID>{new_id()}</instanceID></meta><why>'
    ).encode()
    rows = min(room, 990_000) // 6
    return {
        "many parts": first + small * (room // len(small)) + last,
        "many files": first + part("f", b"", "f") * (room // len(part("f", b"", "f"))) + last,
        "almost an end": first + part("answer", almost * (room // len(almost))) + last,
        "one text": first + part("answer", b"x " * (room // 2)) + last,
        "one file": first + part("answer", b"\xff\xd8\xff" + b"\0" * room, "f.jpg") + last,
        "elements": first
        + part("xml_submission_file", xml + b"<x/>" * rows + b"</why></d>", "f.xml")
        + last,
    }


def jsons(size, token):
    """JSON: deep, wide, long, and answers to a survey."""
    room = size - 1_000
    answers = {
        name: "x " * (room // 30)
        for name in ("which", "several", "why", "line", "day", "order", "times", "narrative")
    }
    return {
        "depth": "[" * room,
        "numbers": "[" + "1," * (room // 2) + "1]",
        "names": json.dumps({f"a{n}": n for n in range(room // 18)}),
        "escapes": '{"borough":"' + "\\u0000" * (room // 6) + '"}',
        "digits": '{"answers":{"times":' + "9" * room + "}}",
        "long answers": json.dumps({"borough": "Hackney", "answers": answers}),
        "chosen often": json.dumps(
            {"borough": "Hackney", "answers": {"several": ["one"] * (room // 8)}}
        ),
        "unknown answers": json.dumps(
            {"borough": "Hackney", "answers": {f"a{n}": "x" for n in range(room // 18)}}
        ),
    }


def files(size, token):
    """Files that begin as what they say they are and go on with anything."""
    room = size - 1_000
    begin = {
        "image/jpeg": plain_jpeg(),
        "image/png": plain_png(),
        "application/pdf": PDF,
        "audio/wav": b"RIFF\xff\xff\xff\x7fWAVEfmt ",
        "video/mp4": b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom",
        "audio/mpeg": b"ID3\4\0\0\0\0\0\0",
    }
    tails = {"zeros": b"\0", "ones": b"\xff", "markers": b"\xff\xda", "boxes": b"\0\0\0\x08free"}
    return {
        f"{kind} {tail}": (kind, first + more * ((room - len(first)) // len(more)))
        for kind, first in begin.items()
        for tail, more in tails.items()
    }


def hostile_heads(most):
    """Headers and a query of this many bytes in all, each of which somebody has to take apart."""
    each = most // 10
    return {
        "accept-language": ",".join(f"a{n % 90}-b;q=0.{n % 10}" for n in range(each // 10)),
        "accept": ",".join("a/b;q=0.1" for _ in range(each // 10)),
        "accept-encoding": ",".join("br;q=0.1" for _ in range(each // 9)),
        "cookie": "; ".join(f"c{n}={n}" for n in range(each // 10)),
        "if-none-match": ", ".join(f'W/"{n}"' for n in range(each // 10)),
        "range": "bytes=" + ",".join(f"{n}-" for n in range(each // 6)),
        "authorization": "Basic " + "A" * each,
        "forwarded": "for=a;" * (each // 6),
        "if-modified-since": "Mon, " * (each // 5),
    }


def hostile_query(most):
    each = most // 12
    texts = {
        "q": "( " * (each // 4),
        "$filter": "(" * (each // 3),
        "code": "x" * each,
        "after": "A" * each,
        "page": "9" * each,
        "area": "%" * (each // 3),
    }
    return urlencode(texts) + "&a=b" * (each // 4)
