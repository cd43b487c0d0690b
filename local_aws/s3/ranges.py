"""Which bytes of an object a request asks for."""

import re
from dataclasses import dataclass

from local_aws.s3.exceptions import InvalidCopyRangeError, S3Error
from local_aws.s3.keys import FileKey

RANGE = re.compile(r"\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*")


@dataclass(frozen=True)
class Window:
    """Bytes from first to last, of an object of `size` bytes."""

    first: int
    last: int
    size: int

    @property
    def length(self) -> int:
        return self.last - self.first + 1

    @property
    def content_range(self) -> str:
        return f"bytes {self.first}-{self.last}/{self.size}"


def window_of(header: str | None, size: int) -> Window | None:
    """What a Range header asks for; None for the whole object, as S3 answers several ranges and what is no range."""
    found = RANGE.fullmatch(header or "")
    if header is None or found is None or not (found[1] or found[2]):
        return None
    if not found[1]:
        first, last = max(size - int(found[2]), 0), size - 1
        is_satisfiable = int(found[2]) > 0 and size > 0
    else:
        first, last = int(found[1]), min(int(found[2] or size - 1), size - 1)
        if found[2] and int(found[2]) < first:
            return None
        is_satisfiable = first < size
    if not is_satisfiable:
        raise S3Error(
            "InvalidRange",
            "The requested range is not satisfiable",
            RangeRequested=header,
            ActualObjectSize=size,
        )
    return Window(first, last, size)


def part_window(key: FileKey, part_number: int) -> Window | None:
    """The bytes of a part; None for the one part of an empty object."""
    sizes = [size for _, size, _ in key.stored.attributes.completed_parts] or [key.size]
    if part_number > len(sizes):
        raise S3Error(
            "InvalidPartNumber",
            "The requested partnumber is not satisfiable",
            PartNumberRequested=part_number,
            ActualPartCount=len(sizes),
        )
    first = sum(sizes[: part_number - 1])
    return Window(first, first + sizes[part_number - 1] - 1, key.size) if key.size else None


def copied_window(header: str | None) -> tuple[int, int] | None:
    """First and last byte of a x-amz-copy-source-range; None without one."""
    if header is None:
        return None
    window = re.fullmatch(r"bytes=(\d+)-(\d+)", header)
    if window is None:
        raise S3Error(
            "InvalidArgument",
            "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the"
            " zero-based offsets of the first and last bytes to copy",
            ArgumentName="x-amz-copy-source-range",
            ArgumentValue=header,
        )
    if int(window[1]) > int(window[2]):
        raise InvalidCopyRangeError
    return int(window[1]), int(window[2])
