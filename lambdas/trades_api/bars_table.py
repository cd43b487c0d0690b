"""Questions to the table of bars, each answered by its keys or by the index `movers`; nothing is scanned."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from lakehouse_contract.trade_tables import DAY, MINUTE, MOVERS_INDEX, MOVERS_PARTITIONS, minute_text, movers_partitions
from trades_api.parameters import BarsWanted, MoversWanted

Item = dict[str, str]


class BarsTable:
    """Items have all values as texts."""

    def __init__(self, dynamodb: Any, name: str) -> None:
        self.dynamodb = dynamodb
        self.name = name

    def latest_day(self, symbol: str) -> Item | None:
        """The bar of the last day with a trade of a symbol."""
        found = self._query(
            KeyConditionExpression="symbol = :symbol AND begins_with(bar, :day)",
            ExpressionAttributeValues={":symbol": {"S": symbol}, ":day": {"S": DAY}},
            ScanIndexForward=False,
            Limit=1,
        )
        return found[0] if found else None

    def minutes(self, symbol: str, wanted: BarsWanted) -> list[Item]:
        """The minute bars from the first minute on, one more than wanted where there are more."""
        return self._query(
            KeyConditionExpression="symbol = :symbol AND bar BETWEEN :first AND :last",
            ExpressionAttributeValues={
                ":symbol": {"S": symbol},
                ":first": {"S": _minute_key(wanted.first)},
                ":last": {"S": _minute_key(wanted.last)},
            },
            Limit=wanted.limit + 1,
        )

    def movers(self, wanted: MoversWanted) -> list[Item]:
        """The days with the largest change in a direction, the largest first."""

        def of_partition(partition: str) -> list[Item]:
            return self._query(
                IndexName=MOVERS_INDEX,
                KeyConditionExpression="movers_partition = :partition",
                ExpressionAttributeValues={":partition": {"S": partition}},
                ScanIndexForward=wanted.direction == "down",
                Limit=wanted.limit,
            )

        with ThreadPoolExecutor(MOVERS_PARTITIONS) as side_by_side:
            found = [item for items in side_by_side.map(of_partition, movers_partitions(wanted.day)) for item in items]
        by_symbol = sorted(found, key=lambda item: item["symbol"])
        ranked = sorted(by_symbol, key=lambda item: float(item["change_share"]), reverse=wanted.direction == "up")
        return ranked[: wanted.limit]

    def _query(self, **request: Any) -> list[Item]:
        answer = self.dynamodb.query(TableName=self.name, **request)
        return [{name: next(iter(value.values())) for name, value in item.items()} for item in answer["Items"]]


def _minute_key(minute: datetime) -> str:
    return f"{MINUTE}{minute_text(minute)}"
