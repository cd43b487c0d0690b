"""`python -m stack.market_data_api` serves the market data API of the local stack."""

import os

import uvicorn

from stack.market_data_api.app import create_app
from stack.market_data_api.market import Market


def main() -> None:
    market = Market(
        key=os.environ["LAKEHOUSE_MARKET_DATA_KEY"],
        per_minute=int(os.environ["LAKEHOUSE_MARKET_DATA_CREDITS_PER_MINUTE"]),
    )
    host, port = os.environ["LAKEHOUSE_MARKET_DATA_HOST"], int(os.environ["LAKEHOUSE_MARKET_DATA_PORT"])
    uvicorn.run(create_app(market), host=host, port=port, access_log=False, date_header=False, ws="none")


if __name__ == "__main__":
    main()
