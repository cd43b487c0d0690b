"""`python -m stack.trade_feed` serves the trade feed of the local stack."""

import os
from pathlib import Path

import uvicorn

from stack.trade_feed.app import server_options
from stack.trade_feed.feed import Feed
from stack.trade_feed.tape import Tape


def main() -> None:
    journal = os.environ.get("LAKEHOUSE_TRADE_FEED_JOURNAL")
    feed = Feed(
        token=os.environ["LAKEHOUSE_TRADE_FEED_TOKEN"],
        tape=Tape(seed=int(os.environ["LAKEHOUSE_TRADE_FEED_SEED"])),
        journal=Path(journal) if journal else None,
    )
    host, port = os.environ["LAKEHOUSE_TRADE_FEED_HOST"], int(os.environ["LAKEHOUSE_TRADE_FEED_PORT"])
    uvicorn.run(**server_options(feed), host=host, port=port)


if __name__ == "__main__":
    main()
