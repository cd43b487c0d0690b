"""Zip files that depend on the names and the content of their files alone."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

_EARLIEST_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_COMPILED_SUFFIX = ".pyc"


def source_files(folder: Path) -> Iterator[Path]:
    """The files below a folder in the order of their names, without compiled modules."""
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != _COMPILED_SUFFIX)


def zip_files(files: list[Path], root: Path) -> bytes:
    """A zip of the files by their paths below `root`."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            entry = zipfile.ZipInfo(file.relative_to(root).as_posix(), _EARLIEST_ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, file.read_bytes())
    return content.getvalue()


def zip_package(package: Path) -> bytes:
    """A zip that holds a Python package as a folder of its name."""
    return zip_files(list(source_files(package)), package.parent)


def zip_folder(folder: Path) -> bytes:
    """A zip of what a folder holds, without the folder itself."""
    return zip_files(list(source_files(folder)), folder)
