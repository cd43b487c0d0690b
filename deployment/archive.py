"""Zip files that depend on the names and the content of their files alone."""

import io
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

CONTRACT_PACKAGE = "lakehouse_contract"
GLUE_PACKAGE = "lakehouse_glue"

_EARLIEST_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_COMPILED_SUFFIX = ".pyc"


def source_files(folder: Path) -> Iterator[Path]:
    """The files below a folder in the order of their names, without compiled modules."""
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != _COMPILED_SUFFIX)


def zip_files(files: Mapping[Path, list[Path]]) -> bytes:
    """A zip of files by their paths below the folders that they are listed under."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for root, below in files.items():
            for file in below:
                entry = zipfile.ZipInfo(file.relative_to(root).as_posix(), _EARLIEST_ZIP_TIME)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, file.read_bytes())
    return content.getvalue()


def zip_packages(*packages: Path) -> bytes:
    """A zip that holds Python packages as folders of their names."""
    files: dict[Path, list[Path]] = {}
    for package in packages:
        files.setdefault(package.parent, []).extend(source_files(package))
    return zip_files(files)


def zip_glue_packages(repository: Path) -> bytes:
    """The packages that every Glue job imports: the jobs' own, and what they have in common with the plugins."""
    return zip_packages(repository / CONTRACT_PACKAGE, repository / "glue_scripts" / GLUE_PACKAGE)
