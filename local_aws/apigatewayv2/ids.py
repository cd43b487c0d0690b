"""Ids in the form that API Gateway's have."""

from hashlib import sha256
from secrets import choice
from string import ascii_lowercase, digits

ALPHABET = ascii_lowercase + digits
API_ID_LENGTH = 10
PART_ID_LENGTH = 7


def new_id(length: int) -> str:
    return choice(ascii_lowercase) + "".join(choice(ALPHABET) for _ in range(length - 1))


def derived_api_id(*names: str) -> str:
    """The same id for the same names."""
    number = int.from_bytes(sha256("/".join(names).encode()).digest())
    characters = []
    for _ in range(API_ID_LENGTH):
        number, remainder = divmod(number, len(ALPHABET))
        characters.append(ALPHABET[remainder])
    return "".join(characters)
