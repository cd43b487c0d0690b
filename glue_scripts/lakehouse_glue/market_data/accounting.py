"""What became of the bars of an ingest, counted; no run goes on that would lose one, or rejects more than allowed."""

import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as f

from lakehouse_glue.checks import REASON, rejected
from lakehouse_glue.errors import BadInputError
from lakehouse_glue.iceberg import BranchTable
from lakehouse_glue.market_data.answers import BAR_COUNT
from lakehouse_glue.market_data.merging import BAR, IS_PUBLISHED, OUTCOME, Outcome

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class BarCounts:
    """The bars of an ingest: `bars = added + replacing + repeated + superseded + rejected`.

    `replaced`: the bars of earlier ingests in whose place others are. Rejected, superseded and replaced bars are in
    market_price_rejects, and of the others each one's values are in market_prices.
    """

    bars: int
    added: int
    replacing: int
    repeated: int
    superseded: int
    rejected: int
    replaced: int

    @property
    def lost(self) -> int:
        return self.bars - self.added - self.replacing - self.repeated - self.superseded - self.rejected

    def as_dict(self) -> dict[str, int]:
        return asdict(self)


def check_reject_share(checked: DataFrame, most: float) -> int:
    """The number of bars; raises BadInputError when more than the share `most` of them is rejected."""
    counts = {row[REASON]: row["count"] for row in checked.groupBy(REASON).count().collect()}
    bars = sum(counts.values())
    reasons = {reason: count for reason, count in counts.items() if reason is not None}
    for reason, count in reasons.items():
        logger.info("rejected %d bars as %s", count, reason)
    share = sum(reasons.values()) / max(bars, 1)
    if share > most:
        top = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))[:3]
        raise BadInputError(
            f"{sum(reasons.values())} of {bars} bars ({share:.2%}) were rejected, more than the allowed {most:.2%}, "
            f"most often as {', '.join(f'{reason} ({count})' for reason, count in top)}: look at the answers, and "
            "pass a larger --max_reject_share if they are to be taken."
        )
    return bars


def count_bars(checked: DataFrame, merged: DataFrame) -> BarCounts:
    """Raises RuntimeError where a bar of the answers has become nothing."""
    of_answers = f.sum(f.when(f.col("bar_number") <= 1, f.col(BAR_COUNT)))
    bars = checked.agg(of_answers.alias("bars")).first()["bars"] or 0
    outcomes = {
        (row[IS_PUBLISHED], row[OUTCOME]): row["count"]
        for row in merged.groupBy(IS_PUBLISHED, OUTCOME).count().collect()
    }
    arrived = {outcome: outcomes.get((False, outcome.value), 0) for outcome in Outcome}
    counts = BarCounts(
        bars=bars,
        added=arrived[Outcome.ADDED],
        replacing=arrived[Outcome.REPLACES],
        repeated=arrived[Outcome.REPEATED],
        superseded=arrived[Outcome.SUPERSEDED],
        rejected=rejected(checked).count(),
        replaced=outcomes.get((True, Outcome.SUPERSEDED.value), 0),
    )
    logger.info("%s", counts)
    if counts.lost:
        raise RuntimeError(f"{counts.lost} bars are not accounted for: {counts}")
    return counts


def check_tables(branches: Mapping[str, BranchTable], counts: BarCounts, rejects: DataFrame) -> dict[str, int]:
    """Rows of the branches by table; raises RuntimeError unless they have what the counts say.

    :param rejects: the bars that the run rejected or superseded
    """
    rows = {name: branch.read().count() for name, branch in branches.items()}
    before = branches["market_prices"].read_published().count()
    if rows["market_prices"] != before + counts.added:
        raise RuntimeError(f"market_prices had {before} rows and has {rows['market_prices']}: {counts}")
    if rows["market_daily_metrics"] != rows["market_prices"]:
        raise RuntimeError(f"{rows['market_daily_metrics']} rows measure {rows['market_prices']} prices")
    written = branches["market_price_rejects"].read()
    same = [rejects[name].eqNullSafe(written[name]) for name in BAR]
    found = rejects.join(written, same, "left_semi").count()
    if found != counts.rejected + counts.superseded + counts.replaced:
        raise RuntimeError(f"market_price_rejects has {found} of the bars that are not in market_prices: {counts}")
    return rows
