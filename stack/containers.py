"""The stack whose processes are containers, seen from one of them."""

import time
from typing import NoReturn

from stack import airflow, trades
from stack.errors import StackError
from stack.lifecycle import Report, Stack, Work


class ContainerStack(Stack):
    """A stack that LAKEHOUSE_AIRFLOW_URL says to be elsewhere: docker compose starts and stops it."""

    stop_command = "docker compose down"
    command_line = "docker compose run --rm demo"

    def up(self, report: Report, meanwhile: Work | None = None) -> None:
        """Wait until the containers are healthy, after `meanwhile`."""
        if meanwhile:
            meanwhile()
        self.wait_for_airflow()
        report("The containers are healthy.")

    def down(self) -> NoReturn:
        raise StackError("The stack runs in containers: stop it with `docker compose down`.")

    def clean(self) -> NoReturn:
        raise StackError("The stack runs in containers: remove it and its data with `docker compose down --volumes`.")

    def processes(self) -> NoReturn:
        raise StackError("The stack runs in containers: `docker compose ps` shows them.")

    def begin_trades(self, symbols: list[str]) -> None:
        """Raises StackError unless the containers of the feed and the producer run, with these symbols."""
        if not trades.is_ready(self.settings):
            raise StackError("No trade feed answers: start it with `docker compose --profile trades up --detach`.")
        subscribed = trades.FeedClient(self.settings, self.credentials).counts()["subscribed"]
        if sorted(symbols) != subscribed:
            raise StackError(
                f"The producer's container has subscribed to {','.join(subscribed) or 'nothing'}: set "
                "LAKEHOUSE_TRADES_SYMBOLS and run `docker compose --profile trades up --detach`."
            )

    def end_trades(self) -> None:
        """The containers go on; what they have counted by now has come when this ends."""
        time.sleep(2 * trades.METRICS_SECONDS)

    def require_running(self) -> None:
        if not airflow.is_ready(self.settings):
            raise StackError("Airflow does not answer: start the containers with `docker compose up --detach`.")
