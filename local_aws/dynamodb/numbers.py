"""Numbers: up to 38 significant digits between 1E-130 and 9.99…E+125 (DynamoDB developer guide, Supported data types).

Equal numbers have one text, so that values are compared as they are written.
"""

import re
from decimal import Context, Decimal, InvalidOperation
from functools import lru_cache

from local_aws.dynamodb.exceptions import ValidationException

MAX_DIGITS = 38
SMALLEST, LARGEST = -130, 125
# More digits than any exact sum of two numbers has.
EXACT = Context(prec=400)

_CANONICAL_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,37}")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,6})?")


def canonical(text: str) -> str:
    """The number's one text, without an exponent. Raises ValidationException for what is no number or has no place."""
    if _CANONICAL_INTEGER.fullmatch(text):
        return text
    if not _NUMBER.fullmatch(text):
        raise ValidationException(f"The parameter cannot be converted to a numeric value: {text}")
    return text_of(Decimal(text))


def text_of(number: Decimal) -> str:
    """The text of a number. Raises ValidationException for one that has no place."""
    try:
        number = number.normalize(EXACT)
    except InvalidOperation as error:
        raise ValidationException(f"The parameter cannot be converted to a numeric value: {number}") from error
    if not number:
        return "0"
    if number.adjusted() > LARGEST:
        raise ValidationException(
            "Number overflow. Attempting to store a number with magnitude larger than supported range"
        )
    if number.adjusted() < SMALLEST:
        raise ValidationException(
            "Number underflow. Attempting to store a number with magnitude smaller than supported range"
        )
    if len(number.as_tuple().digits) > MAX_DIGITS:
        raise ValidationException("Attempting to store more than 38 significant digits in a Number")
    return format(number, "f")


@lru_cache(maxsize=4096)
def sortable(text: str) -> bytes:
    """Bytes that are in the order of the numbers."""
    sign, digits, exponent = Decimal(text).normalize(EXACT).as_tuple()
    if digits == (0,):
        return b"\x80"
    magnitude = (len(digits) + int(exponent) + 500).to_bytes(2) + bytes(digit + 1 for digit in digits)
    if sign:
        # The end of fewer digits comes after what would follow.
        return b"\x40" + bytes(255 - byte for byte in magnitude) + b"\xff"
    return b"\xc0" + magnitude
