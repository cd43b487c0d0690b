"""Route keys, and which route a request takes.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
"""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self
from urllib.parse import unquote

from local_aws.apigatewayv2.exceptions import BadRequestException

DEFAULT = "$default"
ANY = "ANY"
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", ANY})
VARIABLE = re.compile(r"\{([\w.:-]+)(\+?)\}")


@dataclass(frozen=True)
class RouteKey:
    """`GET /pets/{id}`: a method and the segments of a path, the last of which may be greedy (`{proxy+}`)."""

    text: str
    method: str = ANY
    segments: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises BadRequestException."""
        if text == DEFAULT:
            return cls(text)
        method, _, path = text.partition(" ")
        if method not in METHODS or not path.startswith("/"):
            raise BadRequestException("The provided route key is not formatted properly for HTTP protocol.")
        segments = tuple(path[1:].split("/"))
        for index, segment in enumerate(segments):
            found = VARIABLE.fullmatch(segment)
            is_greedy_inside = found and found[2] and index < len(segments) - 1
            if is_greedy_inside or (found is None and ("{" in segment or "}" in segment)):
                raise BadRequestException(f"The path of the route key {text} is not formatted properly.")
        return cls(text, method, segments)

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return RouteKey.parse, (self.text,)

    @property
    def is_default(self) -> bool:
        return self.text == DEFAULT

    @property
    def path(self) -> str:
        """`$default`, or the path with its variables in braces."""
        return DEFAULT if self.is_default else "/" + "/".join(self.segments)

    @cached_property
    def _variables(self) -> tuple[re.Match[str] | None, ...]:
        return tuple(VARIABLE.fullmatch(segment) for segment in self.segments)

    @property
    def is_greedy(self) -> bool:
        return any(found and found[2] for found in self._variables)

    @property
    def identity(self) -> tuple[str, ...]:
        """The same for two keys that match the same requests: names of variables do not tell routes apart."""
        if self.is_default:
            return (DEFAULT,)
        pairs = zip(self.segments, self._variables, strict=True)
        return self.method, *(segment if found is None else "{" + found[2] for segment, found in pairs)

    @property
    def rank(self) -> tuple[object, ...]:
        """The most specific key first: whole paths before greedy ones, `$default` last; a method before `ANY`.

        Among these, from the left, a literal before a variable before a greedy variable.
        """
        kinds = tuple(0 if found is None else 2 if found[2] else 1 for found in self._variables)
        return self.is_default, self.is_greedy, self.method == ANY, kinds, -len(kinds)

    def match(self, method: str, segments: list[str]) -> dict[str, str] | None:
        """The path's parameters, decoded; None for a request that is not the route's.

        :param segments: of the path as it was sent
        """
        if self.is_default:
            return {}
        if self.method not in {ANY, method} or not self._has_length_of(segments):
            return None
        parameters = {}
        for index, (literal, found) in enumerate(zip(self.segments, self._variables, strict=True)):
            value = "/".join(segments[index:]) if found and found[2] else segments[index]
            if found is None:
                if unquote(value) != literal:
                    return None
            elif value:
                parameters[found[1]] = unquote(value)
            else:
                return None
        return parameters

    def _has_length_of(self, segments: list[str]) -> bool:
        if self.is_greedy:
            return len(segments) >= len(self.segments)
        return len(segments) == len(self.segments)
