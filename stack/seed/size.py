"""How much is generated."""

from dataclasses import dataclass
from datetime import date

import numpy as np

_CUSTOMERS = 2_000
_ACCOUNTS = 3_000
_TRANSACTIONS = 100_000
_EVENTS = 150_000
_HISTORY_DAYS = 730


@dataclass(frozen=True)
class SeedSize:
    """Scale 1 is 2,000 customers, 3,000 accounts, 100,000 transactions and 150,000 events before `as_of`."""

    scale: float
    as_of: date

    @property
    def customers(self) -> int:
        return round(_CUSTOMERS * self.scale)

    @property
    def accounts(self) -> int:
        return round(_ACCOUNTS * self.scale)

    @property
    def transactions(self) -> int:
        return round(_TRANSACTIONS * self.scale)

    @property
    def events(self) -> int:
        return round(_EVENTS * self.scale)

    @property
    def rows(self) -> dict[str, int]:
        """Rows of each source."""
        return {
            "customers": self.customers,
            "accounts": self.accounts,
            "transactions": self.transactions,
            "transaction_events": self.events,
        }

    @property
    def history_us(self) -> tuple[np.datetime64, np.datetime64]:
        """The time (UTC, microseconds) that transactions happen in: 24 months that end where `as_of` begins."""
        end = np.datetime64(self.as_of, "us")
        return end - np.timedelta64(_HISTORY_DAYS, "D"), end
