"""Tokens: HMAC-SHA256 (RFC 2104) as Spark expressions, so that no row leaves the JVM.

The key's two padded forms travel as data, a broadcast frame of one row, and not as literals: a query plan, which Spark
logs and shows in errors, names only the columns.
"""

import hashlib

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as f

from lakehouse_glue.local_rows import local_frame

BLOCK_BYTES = 64
INNER_PAD = "_inner_pad"
OUTER_PAD = "_outer_pad"
PADS = f"{INNER_PAD} binary, {OUTER_PAD} binary"


def with_token_pads(frame: DataFrame, key: bytes) -> DataFrame:
    """The frame with the two pad columns that `token` reads."""
    block = (hashlib.sha256(key).digest() if len(key) > BLOCK_BYTES else key).ljust(BLOCK_BYTES, b"\0")
    pads = tuple(bytes(byte ^ pad for byte in block) for pad in (0x36, 0x5C))
    return frame.crossJoin(f.broadcast(local_frame(frame.sparkSession, [pads], PADS)))


def token(text: Column) -> Column:
    """HMAC-SHA256 of the UTF-8 text in hexadecimal digits; null for null."""
    inner = f.sha2(f.concat(f.col(INNER_PAD), text.cast("binary")), 256)
    return f.sha2(f.concat(f.col(OUTER_PAD), f.unhex(inner)), 256)
