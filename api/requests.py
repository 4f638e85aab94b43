"""Forms that are read within limits, and that no cache of the framework keeps."""

from typing import Any
from urllib.parse import parse_qsl

from litestar import Request
from litestar.datastructures import FormMultiDict
from litestar.enums import RequestEncodingType
from litestar.exceptions import HTTPException
from litestar.types import Empty

MOST_FIELDS = 1_000
MOST_FORM_BYTES = 64_000  # where long texts are asked for, the route's own limit is larger


class PlainRequest(Request[Any, Any, Any]):
    """The framework would keep the last 1,024 forms in clear, for as long as the process runs."""

    __slots__ = ()

    async def form(self) -> FormMultiDict:
        """The fields of a form. `most_fields` in the route's `opt` allows more of them."""
        state = self._connection_state
        if state.form is Empty and self.content_type[0] == RequestEncodingType.URL_ENCODED:
            most = self.route_handler.opt.get("most_fields", MOST_FIELDS)
            state.form = fields_of(await self.body(), most)
        return await super().form()


def fields_of(body: bytes, most: int) -> dict[str, Any]:
    """The fields of an url-encoded form; of a name that comes more than once, a list."""
    if body.count(b"&") >= most:
        raise HTTPException(status_code=413)
    fields: dict[str, Any] = {}
    for name, value in parse_qsl(body.decode("latin-1"), keep_blank_values=True):
        fields.setdefault(name, []).append(value)
    return {name: values if len(values) > 1 else values[0] for name, values in fields.items()}
