"""JSON as EventBridge reads event patterns: token by token, each with the place that its errors name.

EventBridge compiles patterns by Event Ruler (github.com/aws/event-ruler), whose parser is Jackson: a string is read
when its text is asked for, the value of a name is begun together with the name, and an error names the line and the
column where reading stopped.
"""

import json
import re
from enum import Enum
from typing import NamedTuple, NoReturn

NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")
WORD = re.compile(r"[^\W]+")
STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"')
BLANK = re.compile(r"[ \t\r\n]*")
VALUES = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
SHOWN_CHARACTERS = 500
CLOSING = {"{": "}", "[": "]"}
CONTAINERS = {"{": "Object", "[": "Array"}


class PatternError(Exception):
    """Why a pattern is none, in EventBridge's words."""


class Kind(Enum):
    """What a token is."""

    BEGIN_OBJECT = "{"
    END_OBJECT = "}"
    BEGIN_ARRAY = "["
    END_ARRAY = "]"
    NAME = "name"
    STRING = "string"
    NUMBER = "number"
    TRUE = "true"
    FALSE = "false"
    NULL = "null"


class Token(NamedTuple):
    """`stop` is where reading stops when the token is known, `end` where its text ends."""

    kind: Kind
    text: str
    stop: int
    end: int


class Tokens:
    """The tokens of a pattern, one after the other."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._position = 0
        self._token: Token | None = None
        self._value: Token | None = None
        self._open: list[tuple[str, int]] = []
        self._is_first = True

    def next(self) -> Token:
        """Raises PatternError where no token of JSON follows."""
        if self._token is not None:
            self._position = max(self._position, self._token.end)
        if self._value is not None:
            self._token, self._value = self._value, None
        else:
            self._token = self._following()
        self._position = self._token.stop
        return self._token

    def text(self) -> str:
        """The text of the token, which is read to its end."""
        if self._token is None:
            return ""
        if self._token.kind is not Kind.NAME:
            self._position = self._token.end
        return self._token.text

    def refuse(self, reason: str) -> NoReturn:
        """Raises PatternError, which says where reading stopped."""
        self._refuse_at(self._position, reason)

    def _refuse_at(self, position: int, reason: str) -> NoReturn:
        raise PatternError(f"{reason}\n at {self._place(position)}")

    def _place(self, position: int) -> str:
        left_out = len(self.source) - SHOWN_CHARACTERS
        shown = f'"{self.source[:SHOWN_CHARACTERS]}"' + (f"[truncated {left_out} chars]" if left_out > 0 else "")
        before = self.source[:position]
        column = position - before.rfind("\n")
        return f"[Source: (String){shown}; line: {before.count(chr(10)) + 1}, column: {column}]"

    def _following(self) -> Token:
        at = self._skip_blanks(self._position)
        character = self._character(at)
        if character in "}]":
            return self._closed(at, character)
        if self._open and not self._is_first:
            if character != ",":
                kind = CONTAINERS[self._open[-1][0]]
                self._refuse_character(at, f"was expecting comma to separate {kind} entries")
            at = self._skip_blanks(at + 1)
            character = self._character(at)
        self._is_first = False
        if self._open and self._open[-1][0] == "{":
            return self._name(at)
        return self._begun_value(at)

    def _name(self, at: int) -> Token:
        if self._character(at) != '"':
            self._refuse_character(at, "was expecting double-quote to start field name")
        text, end = self._string(at)
        colon = self._skip_blanks(end)
        if self._character(colon) != ":":
            self._refuse_character(colon, "was expecting a colon to separate field name and value")
        self._value = self._begun_value(self._skip_blanks(colon + 1))
        return Token(Kind.NAME, text, self._value.stop, self._value.stop)

    def _begun_value(self, at: int) -> Token:
        character = self._character(at)
        if character in CLOSING:
            self._open.append((character, at))
            self._is_first = True
            return Token(Kind(character), character, at + 1, at + 1)
        if character == '"':
            text, end = self._string(at)
            return Token(Kind.STRING, text, at + 1, end)
        if number := NUMBER.match(self.source, at):
            return Token(Kind.NUMBER, number[0], number.end(), number.end())
        word = WORD.match(self.source, at)
        if word is None:
            self._refuse_character(at, f"expected a valid value {VALUES}")
        if word[0] not in {"true", "false", "null"}:
            self._refuse_at(word.end(), f"Unrecognized token '{word[0]}': was expecting {VALUES}")
        return Token(Kind(word[0]), word[0], word.end(), word.end())

    def _closed(self, at: int, character: str) -> Token:
        opened, begin = self._open[-1] if self._open else ("", 0)
        if CLOSING.get(opened) != character:
            if not opened:
                self._refuse_character(at, f"expected a valid value {VALUES}")
            place = self._place(begin)
            expected = f"expected '{CLOSING[opened]}' (for {CONTAINERS[opened]} starting at {place})"
            self._refuse_at(at, f"Unexpected close marker '{character}': {expected}")
        self._open.pop()
        self._is_first = False
        return Token(Kind(character), character, at + 1, at + 1)

    def _string(self, at: int) -> tuple[str, int]:
        found = STRING.match(self.source, at)
        if found is None:
            self._refuse_at(len(self.source), "Unexpected end-of-input: was expecting closing quote for a string value")
        return json.loads(found[0]), found.end()

    def _skip_blanks(self, position: int) -> int:
        found = BLANK.match(self.source, position)
        return found.end() if found else position

    def _character(self, position: int) -> str:
        if position >= len(self.source):
            self._refuse_end(position)
        return self.source[position]

    def _refuse_end(self, position: int) -> NoReturn:
        if not self._open:
            self._refuse_at(position, "Unexpected end-of-input")
        opened, begin = self._open[-1]
        marker = f"close marker for {CONTAINERS[opened]} (start marker at {self._place(begin)})"
        self._refuse_at(position, f"Unexpected end-of-input: expected {marker}")

    def _refuse_character(self, at: int, expected: str) -> NoReturn:
        character = self.source[at]
        self._refuse_at(at, f"Unexpected character ('{character}' (code {ord(character)})): {expected}")
