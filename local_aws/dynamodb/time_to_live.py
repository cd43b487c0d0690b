"""When items expire (developer guide, Using time to live in DynamoDB)."""

import time

from local_aws.dynamodb.values import Item

# An item whose time lies further back is not deleted.
OLDEST_EXPIRY_SECONDS = 5 * 365 * 86_400


def expiry_of(item: Item, attribute: str | None) -> int | None:
    """The second since 1970 that the item expires at; None for one that does not."""
    if attribute is None:
        return None
    text = item.get(attribute, {}).get("N")
    if text is None:
        return None
    seconds = int(text.partition(".")[0])
    return seconds if 0 <= seconds < 1 << 62 else None


def expired_between() -> tuple[int, int]:
    """Items with a time in between are deleted at this moment."""
    now = int(time.time())
    return now - OLDEST_EXPIRY_SECONDS, now
