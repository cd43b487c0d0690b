"""The credits of a key: so many in a minute, and, in some subscriptions, in a day (Twelve Data, Credits)."""

from dataclasses import dataclass, field
from datetime import datetime


class OutOfCreditsError(Exception):
    """Refuses a request, in the words of Twelve Data."""


@dataclass
class Window:
    """Credits used in the present minute or day."""

    name: str
    period: str
    limit: int | None
    used: int = 0
    present: str = field(default="", repr=False)

    def turn(self, now: datetime) -> None:
        present = now.strftime(self.period)
        if present != self.present:
            self.present, self.used = present, 0

    def check(self, cost: int) -> None:
        if self.limit is not None and self.used + cost > self.limit:
            wait = "next day" if self.name == "day" else "next minute"
            raise OutOfCreditsError(
                f"You have run out of API credits for the {'day' if self.name == 'day' else 'current minute'}. "
                f"{self.used + cost} API credits were used, with the current limit being {self.limit}. Wait for the "
                f"{wait} or consider switching to a higher tier plan at https://twelvedata.com/pricing"
            )


class Credits:
    """What a key allows and what was used of it; minutes and days are those of UTC."""

    def __init__(self, per_minute: int, per_day: int | None) -> None:
        self.minute = Window("minute", "%Y-%m-%dT%H:%M", per_minute)
        self.day = Window("day", "%Y-%m-%d", per_day)

    def spend(self, cost: int, now: datetime) -> None:
        """Raises OutOfCreditsError, and uses none, when the minute or the day has not so many left."""
        self.turn(now)
        for window in (self.day, self.minute):
            window.check(cost)
        for window in (self.day, self.minute):
            window.used += cost

    def turn(self, now: datetime) -> None:
        """Begin a new minute and a new day when it is time."""
        for window in (self.day, self.minute):
            window.turn(now)

    @property
    def headers(self) -> dict[str, str]:
        return {
            "api-credits-used": str(self.minute.used),
            "api-credits-left": str(self.minute.limit - self.minute.used),
        }
