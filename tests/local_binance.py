"""The unmodified client library, with every address that it knows on this machine."""

from binance import AsyncClient


def local_client(url: str) -> type[AsyncClient]:
    """A client class whose REST calls go to `url`."""

    class LocalClient(AsyncClient):
        API_URL = API_TESTNET_URL = API_DEMO_URL = f"{url}/api"
        MARGIN_API_URL = f"{url}/sapi"
        WEBSITE_URL = url

    return LocalClient
