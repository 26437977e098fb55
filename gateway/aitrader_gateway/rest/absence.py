"""A caller whose connection is gone hears nothing, and that is nobody's failure."""

from typing import Final

from starlette.types import Message, Send

# uvicorn closes a connection on garbage; uvloop then says this of every answer still under way.
_CLOSED: Final = "the handler is closed"


def unless_gone(send: Send) -> Send:
    """`send`, which drops what nobody is there to take."""

    async def send_unless_gone(message: Message) -> None:
        try:
            await send(message)
        except RuntimeError as error:
            if _CLOSED not in str(error):
                raise

    return send_unless_gone
