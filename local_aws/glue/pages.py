"""Listings in pages."""

from typing import Any

from moto.core.responses import ActionResult
from moto.glue.responses import GlueResponse

from local_aws.glue.exceptions import InvalidInputError

PAGE_SIZE = 100


class PagedResponse(GlueResponse):
    def page(self, name: str, entries: list[Any], default_size: int = PAGE_SIZE) -> ActionResult:
        """One page of a listing; the token is the position of the next entry."""
        token = self.parameters.get("NextToken") or "0"
        if not token.isdecimal():
            raise InvalidInputError(f"NextToken {token!r} was not given by an earlier answer.")
        start = int(token)
        end = start + (self.parameters.get("MaxResults") or default_size)
        answer = {name: entries[start:end]}
        if end < len(entries):
            answer["NextToken"] = str(end)
        return ActionResult(answer)
