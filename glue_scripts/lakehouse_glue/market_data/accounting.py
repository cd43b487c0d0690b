"""What became of the bars of an ingest, counted; no run goes on that would lose one, or rejects more than allowed."""

import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as f

from lakehouse_glue.checks import REASON
from lakehouse_glue.concurrency import in_parallel
from lakehouse_glue.errors import BadInputError
from lakehouse_glue.iceberg import BranchTable
from lakehouse_glue.market_data.answers import BAR_COUNT
from lakehouse_glue.market_data.bars import Reason
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


@dataclass(frozen=True)
class CheckedBars:
    """How many bars the answers have, and how many rows of them were rejected, by reason, or kept (None)."""

    bars: int
    rows: Mapping[str | None, int]

    @property
    def reasons(self) -> dict[str, int]:
        return {reason: count for reason, count in self.rows.items() if reason is not None}

    @property
    def rejected(self) -> int:
        return sum(self.reasons.values())


def count_checked(checked: DataFrame, most: float) -> CheckedBars:
    """Raises BadInputError when more than the share `most` of the bars is rejected as no prices.

    Bars of a history that the next ingest has whole are sound, and as many as there are.
    """
    of_answers = f.sum(f.when(f.col("bar_number") <= 1, f.col(BAR_COUNT)).otherwise(0))
    counted = checked.groupBy(REASON).agg(f.count("*").alias("rows"), of_answers.alias("bars")).collect()
    found = CheckedBars(sum(row["bars"] for row in counted), {row[REASON]: row["rows"] for row in counted})
    for reason, count in found.reasons.items():
        logger.info("rejected %d bars as %s", count, reason)
    wrong = {reason: count for reason, count in found.reasons.items() if reason != Reason.HISTORY_REWRITTEN}
    share = sum(wrong.values()) / max(found.bars, 1)
    if share > most:
        top = sorted(wrong.items(), key=lambda item: (-item[1], item[0]))[:3]
        reasons = ", ".join(f"{reason} ({count})" for reason, count in top)
        raise BadInputError(
            f"{sum(wrong.values())} of {found.bars} bars ({share:.2%}) were rejected, more than the allowed {most:.2%}"
            f", most often as {reasons}: look at the answers, and pass a larger --max_reject_share to take them."
        )
    return found


def count_bars(checked: CheckedBars, merged: DataFrame) -> BarCounts:
    """Raises RuntimeError where a bar of the answers has become nothing."""
    outcomes = {
        (row[IS_PUBLISHED], row[OUTCOME]): row["count"]
        for row in merged.groupBy(IS_PUBLISHED, OUTCOME).count().collect()
    }
    arrived = {outcome: outcomes.get((False, outcome.value), 0) for outcome in Outcome}
    counts = BarCounts(
        bars=checked.bars,
        added=arrived[Outcome.ADDED],
        replacing=arrived[Outcome.REPLACES],
        repeated=arrived[Outcome.REPEATED],
        superseded=arrived[Outcome.SUPERSEDED],
        rejected=checked.rejected,
        replaced=outcomes.get((True, Outcome.SUPERSEDED.value), 0),
    )
    logger.info("%s", counts)
    if counts.lost:
        raise RuntimeError(f"{counts.lost} bars are not accounted for: {counts}")
    return counts


def check_tables(branches: Mapping[str, BranchTable], counts: BarCounts, rejects: DataFrame) -> dict[str, int]:
    """Rows of the branches by table, as Iceberg counts them; raises RuntimeError unless they are what the counts say.

    Read back is which of the `rejects` market_price_rejects has.

    :param rejects: the bars that the run rejected or superseded
    """
    written = branches["market_price_rejects"].read()
    same = [rejects[name].eqNullSafe(written[name]) for name in BAR]
    counted = {name: branch.row_count for name, branch in branches.items()}
    before, found = in_parallel(
        {
            "before": branches["market_prices"].read_published().count,
            "found": rejects.join(written, same, "left_semi").count,
        }
    ).values()
    prices, days = counted["market_prices"], counted["market_daily_metrics"]
    if prices != before + counts.added:
        raise RuntimeError(f"market_prices had {before} rows and has {prices}: {counts}")
    if days != prices:
        raise RuntimeError(f"{days} rows measure {prices} prices")
    if found != counts.rejected + counts.superseded + counts.replaced:
        raise RuntimeError(f"market_price_rejects has {found} of the bars that are not in market_prices: {counts}")
    return counted
