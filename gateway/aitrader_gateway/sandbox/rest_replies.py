"""What goes back over HTTP: answers in JSON, pages, and nothing at all."""

from http import HTTPStatus

import msgspec
from aiohttp import web

from aitrader_gateway.sandbox.api.table import Answer


def reply(answer: Answer) -> web.Response:
    """An answer with its limits in the headers."""
    headers = {"Content-Type": "application/json;charset=UTF-8"}
    for usage in answer.usage:
        short = usage.rate_limit.short
        if usage.rate_limit.kind == "ORDERS":
            headers[f"X-MBX-ORDER-COUNT-{short}"] = str(usage.count)
        else:
            headers["X-MBX-USED-WEIGHT"] = str(usage.count)
            headers[f"X-MBX-USED-WEIGHT-{short}"] = str(usage.count)
    if answer.retry_after_s is not None:
        headers["Retry-After"] = str(answer.retry_after_s)
    return web.Response(status=answer.status, body=_json(answer), headers=headers)


def cut_short(answer: Answer) -> web.Response:
    """The first half of an answer, as if it were the whole."""
    text = _json(answer)
    return web.Response(body=text[: len(text) // 2], content_type="application/json")


def page(status: int) -> web.Response:
    """What stands in front of the venue answers in HTML."""
    title = f"{status} {HTTPStatus(status).phrase}"
    text = (
        f"<html>\r\n<head><title>{title}</title></head>\r\n"
        f"<body>\r\n<center><h1>{title}</h1></center>\r\n</body>\r\n</html>\r\n"
    )
    return web.Response(status=status, text=text, content_type="text/html")


def redirected(location: str) -> web.Response:
    """Sends the caller elsewhere."""
    return web.Response(status=HTTPStatus.FOUND, headers={"Location": location})


def dropped(request: web.Request) -> web.Response:
    """Cuts the connection; the reply finds nobody."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def _json(answer: Answer) -> bytes:
    body = answer.body
    if answer.retry_after_s is not None:
        # When to come back is told in the body over the WebSocket API only.
        assert isinstance(body, dict)
        body = {"code": body["code"], "msg": body["msg"]}
    return msgspec.json.encode(body)
