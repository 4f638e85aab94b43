"""Forms sent as a browser sends them, with the CSRF token from one of our pages."""

import re

TOKEN = re.compile(r'name="_csrf_token" value="([^"]+)"')


async def token_on(client, address):
    return TOKEN.search((await client.get(address)).text)[1]


async def send(client, address, form=None, *, page="/work", **given):
    """Post a form; its CSRF token is read from `page`."""
    token = await token_on(client, page)
    return await client.post(address, data={"_csrf_token": token} | (form or {}), **given)


async def asked_again(client, address, **given):
    """The page that a form is sent back to, with what is wrong: an address that is only read."""
    answer = await client.post(address, **given)
    return await page_again(client, answer, address.partition("?")[0].removesuffix("/send"))


async def page_again(client, answer, address):
    assert answer.status_code == 303, (answer.status_code, answer.text)
    assert answer.headers["location"].startswith(address), answer.headers["location"]
    return await client.get(answer.headers["location"])


async def refused_at_case(client, address, form, **given):
    """The open case, as it is shown after it refused a form."""
    answer = await send(client, address, form, page="/case", **given)
    assert answer.headers.get("location") == "/case", (answer.status_code, answer.text)
    return await client.get("/case")
