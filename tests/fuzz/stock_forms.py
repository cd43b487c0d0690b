"""The forms of stock files: how those of each feed are written."""

from dataclasses import dataclass, field, replace

PRICES = ("open", "high", "low", "close")
COLUMNS = ("date", "symbol", *PRICES, "volume")


@dataclass(frozen=True)
class Form:
    """How the files of a feed are written: their header, and which column each of its titles is ("" for none)."""

    feed: str
    header: str
    columns: str
    file_name: str = "prices.csv"
    symbol: str | None = None
    delimiter: str = ","
    decimal: str = "."
    thousands: str = ""
    currencies: tuple[str, ...] = ()
    suffixes: dict[str, int] = field(default_factory=dict)
    rounds: bool = False
    dates: tuple[str, ...] = ("Y-M-D",)
    encoding: str = "utf-8"

    @property
    def exchanged(self) -> "Form | None":
        """The form with points for commas and commas for points, where the form has both."""
        if not self.thousands or self.thousands not in ".,":
            return None
        return replace(self, decimal=self.thousands, thousands=self.decimal)

    @property
    def places(self) -> dict[str, int]:
        return {name: place for place, name in enumerate(self.columns.split()) if name in COLUMNS}

    @property
    def width(self) -> int:
        return len(self.columns.split())


FORMS = (
    Form(
        "plain",
        "date,symbol,open,high,low,close,volume",
        "date symbol open high low close volume",
        thousands=" '’\u00a0\u202f",
        currencies=("$", "€", "£", "¥"),
        dates=("Y-M-D", "Y/M/D", "YMD", "M/D/Y", "D/M/Y"),
    ),
    Form("kaggle_sp500", "date,open,high,low,close,volume,Name", "date open high low close volume symbol"),
    Form(
        "yfinance",
        "Date,Open,High,Low,Close,Adj Close,Volume",
        "date open high low close - volume",
        "AAPL.csv",
        "AAPL",
        rounds=True,
        dates=("Y-M-D", "Y-M-D 00:00:00", "Y-M-D 00:00:00Z"),
    ),
    Form(
        "nasdaq",
        "Date,Close/Last,Volume,Open,High,Low",
        "date close volume open high low",
        "amd.csv",
        "AMD",
        thousands=",",
        currencies=("$",),
        dates=("M/D/Y",),
    ),
    Form(
        "stooq",
        "<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>",
        "symbol - date - open high low close volume -",
        rounds=True,
        dates=("YMD",),
    ),
    Form(
        "investing",
        '"Date","Price","Open","High","Low","Vol.","Change %"',
        "date close open high low volume -",
        "IBM Historical Data.csv",
        "IBM",
        thousands=",",
        suffixes={"K": 3, "M": 6, "B": 9},
        dates=("M/D/Y", "D/M/Y", "B D, Y"),
    ),
    Form(
        "german",
        "Datum;Eröffnung;Hoch;Tief;Schluss;Währung;Volumen",
        "date open high low close - volume",
        "SAP.csv",
        "SAP",
        ";",
        ",",
        ".",
        ("€", "EUR"),
        dates=("D.M.Y", "Y-M-D"),
        encoding="cp1252",
    ),
)
