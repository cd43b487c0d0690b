"""A plain reading of stock files, which shares nothing with the job's reader."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from tests.fuzz.stock_files import StockFile
from tests.fuzz.stock_forms import PRICES, Form

TODAY = date(2024, 5, 1)
UNIT = Decimal("0.000001")
MOST = Decimal(10) ** 12
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
Row = tuple[str, date, Decimal, Decimal, Decimal, Decimal, Decimal]


@dataclass(frozen=True)
class Reading:
    """The rows by their line of the file, from 1, and the lines of the others; `has_order`: whether the dates show
    that they can be read one way only.
    """

    rows: dict[int, Row]
    rejected: set[int]
    has_order: bool


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
