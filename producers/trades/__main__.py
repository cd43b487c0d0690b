"""`python -m producers.trades` produces until it is told to end by SIGTERM or SIGINT.

Exits with 0 when all that was taken has arrived in the stream.
"""

import asyncio
import logging
import signal
import sys

from producers.trades.logs import log, set_up_logs
from producers.trades.producer import Producer, open_clients
from producers.trades.settings import Settings, SettingsError


async def produce(settings: Settings) -> bool:
    async with open_clients() as clients:
        producer = Producer(settings, clients)
        stops: set[asyncio.Task] = set()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(
                number, lambda: stops.add(asyncio.create_task(producer.stop()))
            )
        return await producer.run()


def main() -> int:
    set_up_logs()
    try:
        settings = Settings.from_environment()
    except SettingsError as error:
        log("not started", logging.ERROR, reason=str(error))
        return 2
    return 0 if asyncio.run(produce(settings)) else 1


if __name__ == "__main__":
    sys.exit(main())
