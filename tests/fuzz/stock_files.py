"""Stock files as nobody should write them, and a plain reading of them that shares nothing with the job's reader."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random

TODAY = date(2024, 5, 1)
PRICES = ("open", "high", "low", "close")
COLUMNS = ("date", "symbol", *PRICES, "volume")
UNIT = Decimal("0.000001")
MOST = Decimal(10) ** 12
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
Row = tuple[str, date, Decimal, Decimal, Decimal, Decimal, Decimal]


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


@dataclass(frozen=True)
class StockFile:
    """A file by its name below the landing prefix; `lines` are those below its header."""

    form: Form
    name: str
    content: bytes
    lines: Sequence[bytes]


@dataclass(frozen=True)
class Reading:
    """The rows by their line of the file, from 1, and the lines of the others; `has_order`: whether the dates show
    that they can be read one way only.
    """

    rows: dict[int, Row]
    rejected: set[int]
    has_order: bool


def make_file(random: Random, rows: int | None = None, oddity: float = 1) -> StockFile:
    """A file of some feed: rows of which some are odd, the more the greater the oddity, and bytes of which a few may be
    wrong.
    """
    form = random.choice(FORMS)
    end = random.choice(["\n", "\n", "\r\n"])
    count = random.choice([0, 1, 3, 8, 30]) if rows is None else rows
    lines = [_line(random, form, end, oddity) for _ in range(count)]
    body = "".join(lines).encode(form.encoding, errors="replace")
    for _ in range(random.choice([0, 0, 1, 3])):
        body = _mutated(random, body)
    if random.random() < 0.2:
        body = body.removesuffix(b"\n")
    header = (form.header + end).encode(form.encoding)
    name = random.choice(["", f"{form.feed}/"]) + form.file_name
    return StockFile(form, name, header + body, body.removesuffix(b"\n").split(b"\n") if body else [])


def _line(random: Random, form: Form, end: str, oddity: float) -> str:
    if random.random() < 0.05 * oddity:
        return random.choice(["", " ", "Summe;1;2", "\t", '"', "a,b"]) + end
    low, first, last, high = sorted(random.randrange(1, 10**7) for _ in range(4))
    values = dict(zip(PRICES, (first, high, low, last), strict=True))
    scale = random.choice([0, 1, 2, 2, 4, 6])
    day = date(random.choice([1999, 2023]), 1, 1) + timedelta(days=random.randrange(365))
    texts = {
        "date": _date_text(random, form, day),
        "symbol": random.choice(["A", "brk.b", "É", "NA", " X ", "𐐷"]),
        **{name: _number_text(random, form, value, scale) for name, value in values.items()},
        "volume": _number_text(random, form, random.randrange(10**9)),
    }
    fields = [texts.get(name, "x") for name in form.columns.split()]
    if random.random() < 0.1 * oddity:
        fields[random.randrange(len(fields))] = random.choice(ODD_TEXTS)
    if random.random() < 0.03 * oddity:
        fields = random.choice([fields[:-1], [*fields, "1"]])
    is_quoted = random.random() < 0.3
    return form.delimiter.join(_quoted(text) if is_quoted or form.delimiter in text else text for text in fields) + end


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _date_text(random: Random, form: Form, day: date) -> str:
    pattern = random.choice(form.dates[:1] * 3 + form.dates)
    parts = {
        "Y": f"{day:%Y}",
        "M": f"{day:%m}",
        "D": f"{day:%d}",
        "B": f"{day:%b}",
        "Z": random.choice(["Z", "-05:00"]),
    }
    return re.sub("[YMDBZ]", lambda letter: parts[letter[0]], pattern)


def _number_text(random: Random, form: Form, units: int, scale: int = 0) -> str:
    """A number of some decimals in one of the ways of the form."""
    whole, decimals = divmod(units, 10**scale)
    has_marks = form.thousands and random.random() < 0.2
    text = f"{whole:,}".replace(",", random.choice(form.thousands)) if has_marks else str(whole)
    if scale:
        text += form.decimal + f"{decimals:0{scale}}"
    if form.currencies and random.random() < 0.2:
        sign = random.choice(form.currencies)
        text = random.choice([f"{sign}{text}", f"{text} {sign}"])
    if form.suffixes and not scale and random.random() < 0.5:
        text += random.choice(list(form.suffixes))
    return text


ODD_TEXTS = (
    *(
        "",
        " ",
        "-",
        "x",
        "NaN",
        "inf",
        "0x1F",
        "1_0e2",
        "٣٤",
        "1e-9",
        "1e5",
        "1.5E+3",
        "-1",
        "+1",
        "--1",
        "-0",
        "1e400",
    ),
    *("1,234", "1.234", "1,234,567.5", "1.234.567,5", "12,5", "1 234", "$1", "1 €", "1M", "0.5K", "1e-400", ".5", "5."),
    *("0.0000001", "1.0000005", "-0.0000004", "1.99999", "999999999999.999999", "999999999999.9999999", "1" * 20),
    *("1.00000000000000001", "5347140000", "2251799813.685249", "1.50000000000000000000", "04/01/2024", "31/01/2024"),
    *("2024-02-30", "2024-1-2", "20240102", "1899-12-31", "2999-01-01", "0000-01-01", "2024-01-02T00:00:00", "\ufffd"),
    *('"', 'a"b', '"a"b', "A" * 33, "ſ", "ß", "\x85", "\x1f1"),
)
ODD_BYTES = (
    b'"',
    b"\r",
    b"\n",
    b"\x00",
    b"\xff",
    b"\xc3",
    b",",
    b";",
    b"-",
    b"0",
    b"9",
    b".",
    b"e",
    b" ",
    b"'",
    b"\xc2\x85",
)


def _mutated(random: Random, body: bytes) -> bytes:
    place, odd = random.randrange(len(body) + 1), random.choice(ODD_BYTES)
    return body[:place] + odd + body[place + random.choice([0, 1, 1, 5]) :]


def read_plainly(file: StockFile) -> Reading:
    """The file's rows, worked out field by field."""
    fields = {number: _fields(line, file.form) for number, line in enumerate(file.lines, start=2) if line.strip()}
    dates = {number: _date_ways(row["date"], file.form) for number, row in fields.items() if row}
    shown = {way for ways in dates.values() if len(ways) == 1 for way in ways if way in ("M", "D")}
    is_open = any(len(set(ways.values())) > 1 for ways in dates.values())
    order = shown.pop() if len(shown) == 1 else None
    rows, rejected = {}, set()
    for number, row in fields.items():
        ways = dates.get(number, {})
        day = ways.get("", ways.get(order, next(iter(ways.values()), None)))
        typed = _row(row, day, file.form) if row and day else None
        if typed is None:
            rejected.add(number)
        else:
            rows[number] = typed
    return Reading(rows, rejected, not shown and (order is not None or not is_open))


def _fields(line: bytes, form: Form) -> dict[str, str] | None:
    """The texts of a line's fields, none for a symbol that is not in the encoding; None for a line that is no row."""
    parts = _split(line.rstrip(b"\r").decode("latin-1"), form.delimiter)
    if parts is None or len(parts) != form.width:
        return None
    raw = {name: parts[place].encode("latin-1") for name, place in form.places.items()}
    texts = {name: value.decode(form.encoding, errors="replace").strip() for name, value in raw.items()}
    if "symbol" in raw:
        try:
            raw["symbol"].decode(form.encoding)
        except UnicodeDecodeError:
            texts["symbol"] = ""
    return {"symbol": form.symbol or ""} | texts


def _split(text: str, delimiter: str) -> list[str] | None:
    """Fields, of which those that begin with a quote end with one; None where that is not so."""
    fields, place = [], 0
    while True:
        if text[place : place + 1] == '"':
            match = re.compile('"((?:[^"]|"")*)"', re.DOTALL).match(text, place)
            if not match or text[match.end() : match.end() + 1] not in ("", delimiter):
                return None
            fields.append(match[1].replace('""', '"'))
            place = match.end()
        else:
            end = text.find(delimiter, place)
            fields.append(text[place : len(text) if end < 0 else end])
            if "\r" in fields[-1]:
                return None
            place += len(fields[-1])
        if place >= len(text):
            return fields
        place += 1


def _date_ways(text: str, form: Form) -> dict[str, date]:
    """The days that a text can be, by what comes first of "M" and "D", or "" where the form leaves no choice."""
    is_open = {"M/D/Y", "D/M/Y"} <= set(form.dates)
    ways = {}
    for pattern in form.dates:
        digits = {"Y": r"(?P<Y>[0-9]{4})", "B": r"(?P<B>[A-Za-z]{3})", "Z": r"(?:Z|[-+][0-9]{2}:?[0-9]{2})"}
        digits |= {part: rf"(?P<{part}>[0-9]{{{2 if pattern == 'YMD' else '1,2'}}})" for part in "MD"}
        regex = re.sub("[YMDBZ.]", lambda letter, digits=digits: digits.get(letter[0], r"\."), pattern)
        if match := re.fullmatch(regex, text):
            parts = match.groupdict()
            name = parts.get("B", "").lower()
            month = int(parts["M"]) if "M" in parts else MONTHS.index(name) + 1 if name in MONTHS else 0
            try:
                day = date(int(parts["Y"]), month, int(parts["D"]))
            except ValueError:
                continue
            ways[pattern[0] if is_open and pattern in ("M/D/Y", "D/M/Y") else ""] = day
    return ways


def _capital(letter: str) -> str:
    """A letter's capital where that is one letter: ẞ is the one of ß, which the standard upper case makes two."""
    if letter == "ß":
        return "ẞ"
    return letter.upper() if len(letter.upper()) == 1 else letter


def _row(texts: dict[str, str], day: date, form: Form) -> Row | None:
    symbol = "".join(_capital(one) for one in texts["symbol"].strip())
    values = [_number(texts[name], form) for name in (*PRICES, "volume")]
    is_symbol = re.fullmatch(r'[^"\x00-\x1f\x7f]{1,32}', symbol) and len(symbol.encode()) <= 64
    if None in values or _is_open(texts, form) or not is_symbol:
        return None
    opening, high, low, closing, _ = values
    in_order = low <= opening <= high and low <= closing <= high
    return (symbol, day, *values) if in_order and date(1900, 1, 1) <= day <= TODAY else None


def _is_open(texts: dict[str, str], form: Form) -> bool:
    """Whether a price may be a thousandth of what it is read as: it has one group of thousands and no decimals, and
    each number of its row could be read with points for commas too.
    """
    other = form.exchanged
    if other is None or not any(_is_one_group(texts[name], form) for name in PRICES):
        return False
    return all(_number(texts[name], other) is not None for name in (*PRICES, "volume"))


def _is_one_group(text: str, form: Form) -> bool:
    """Whether the marks of a number are one between thousands."""
    return [mark for mark in text if mark in ".,"] == [form.thousands]


def _number(text: str, form: Form) -> Decimal | None:
    """A value from zero on, of six decimals."""
    blanks = "[ \u00a0\u202f]*"
    currency = "(?:" + "|".join(map(re.escape, form.currencies)) + ")?" if form.currencies else ""
    grouped = "".join(rf"[1-9][0-9]{{0,2}}(?:{re.escape(mark)}[0-9]{{3}})+|" for mark in form.thousands)
    suffix = "(?P<suffix>[" + "".join(form.suffixes) + "])?" if form.suffixes else "(?P<suffix>)"
    match = re.fullmatch(
        rf"(?P<one>[-+]?){blanks}{currency}{blanks}(?P<other>[-+]?){blanks}(?P<whole>{grouped}[0-9]*)"
        rf"(?:{re.escape(form.decimal)}(?P<rest>[0-9]*))?(?:[eE](?P<power>[-+]?[0-9]{{1,3}}))?"
        rf"{blanks}{suffix}{blanks}{currency}",
        text,
    )
    if not match or (match["one"] and match["other"]) or not (match["whole"] or match["rest"]):
        return None
    if form.exchanged and _is_one_group(text, form) and (match["power"] or match["suffix"]):
        return None
    digits = re.sub("[^0-9]", "", match["whole"])
    power = int(match["power"] or 0) + form.suffixes.get(match["suffix"] or "", 0)
    exact = Decimal(f"{digits or 0}.{match['rest'] or 0}e{power}")
    if (exact and "-" in (match["one"], match["other"])) or exact >= MOST:
        return None
    value = exact.quantize(UNIT, ROUND_HALF_UP)
    return None if value >= MOST or (value != exact and not form.rounds) else value
