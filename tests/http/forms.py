"""Forms as a browser sends them, with the field against forgery from a page of ours."""

import re

TOKEN = re.compile(r'name="_csrf_token" value="([^"]+)"')


async def token_on(client, address):
    return TOKEN.search((await client.get(address)).text)[1]


async def send(client, address, form=None, *, page="/work", **given):
    """Post a form; `page` is where its token comes from."""
    token = await token_on(client, page)
    return await client.post(address, data={"_csrf_token": token} | (form or {}), **given)
