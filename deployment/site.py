"""The dashboard's site: built by Vite from its lock file, and brought to a bucket with the addresses that it asks.

Node is needed to build it, and nothing else of the project needs Node.
"""

import fcntl
import hashlib
import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from deployment.archive import source_files
from deployment.errors import DeploymentError
from deployment.uploads import upload_folder

SITE = "dashboard"
OLDEST_NODE = (20, 19)
CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
# The names of what Vite builds have hashes of their content; the others say which of these belong together.
FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"

BuildSite = Callable[[Path, Path], Path]

_NOT_SOURCES = {"node_modules", "dist"}
_ADDRESSES_OF_PAGE = "connect-src 'self'"


@dataclass(frozen=True)
class SiteAddresses:
    """What the site asks: config.json. A part that is not deployed has none."""

    dashboardApi: str  # noqa: N815 - as JavaScript writes it
    tradesApi: str | None = None  # noqa: N815
    dataDocs: str | None = None  # noqa: N815


def build_site(repository: Path, log: Path) -> Path:
    """The folder of the built site, which is built again when its sources differ.

    Raises DeploymentError with one sentence where Node is missing or too old, or the build fails.
    """
    site = repository / SITE
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None or _version(node) < OLDEST_NODE:
        raise DeploymentError(
            f"The dashboard's pages are not built, because Node {'.'.join(map(str, OLDEST_NODE))} or later is not on "
            "the PATH: install it with npm from https://nodejs.org or by a package manager, and come again."
        )
    with (site / "package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        marker, fingerprint = site / "node_modules" / ".built", _fingerprint(site)
        if not marker.is_file() or marker.read_text() != fingerprint:
            marker.unlink(missing_ok=True)
            _run([npm, "ci", "--no-audit", "--no-fund"], site, log)
            _run([npm, "run", "build"], site, log)
            marker.write_text(fingerprint)
    return site / "dist"


def upload_site(s3: Any, bucket: str, built: Path, addresses: SiteAddresses) -> list[str]:
    """Make the bucket hold the built site with its addresses; the keys that were written or removed."""
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder) / "site"
        shutil.copytree(built, site)
        page = site / "index.html"
        page.write_text(_with_addresses(page.read_text(), addresses))
        (site / "config.json").write_text(json.dumps(asdict(addresses), indent=2) + "\n")
        return upload_folder(s3, bucket, site, "", properties=_properties)


def _with_addresses(page: str, addresses: SiteAddresses) -> str:
    """The page, whose content security policy lets it ask the APIs' origins and no others."""
    given = filter(None, (addresses.dashboardApi, addresses.tradesApi))
    origins = sorted({f"{url.scheme}://{url.netloc}" for url in map(urlsplit, given)})
    return page.replace(_ADDRESSES_OF_PAGE, " ".join([_ADDRESSES_OF_PAGE, *origins]))


def _properties(key: str) -> dict[str, str]:
    return {
        "ContentType": CONTENT_TYPES.get(Path(key).suffix, "application/octet-stream"),
        "CacheControl": FOR_EVER if key.startswith("assets/") else ASK_AGAIN,
    }


def _fingerprint(site: Path) -> str:
    digest = hashlib.sha256()
    for file in source_files(site):
        path = file.relative_to(site)
        if path.parts[0] not in _NOT_SOURCES:
            digest.update(f"{path}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def _version(node: str) -> tuple[int, ...]:
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"v(\d+)\.(\d+)", said)
    return tuple(map(int, found.groups())) if found else (0, 0)


def _run(command: list[str], folder: Path, log: Path) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a") as output:
        ended = subprocess.run(command, cwd=folder, stdout=output, stderr=subprocess.STDOUT, check=False)
    if ended.returncode:
        what = " ".join(["npm", *command[1:3]])
        raise DeploymentError(f"The dashboard's pages are not built, because `{what}` failed: see {log}.")
