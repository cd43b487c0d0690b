"""Stock files as nobody should write them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from tests.fuzz.stock_forms import FORMS, PRICES, Form


@dataclass(frozen=True)
class StockFile:
    """A file by its name below the landing prefix; `lines` are those below its header."""

    form: Form
    name: str
    content: bytes
    lines: Sequence[bytes]


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
