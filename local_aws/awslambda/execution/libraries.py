"""The folder that workers find boto3 in, and nothing else of this Python's packages."""

import shutil
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

from local_aws.awslambda.once import made_once
from local_aws.settings import endpoint_settings


@made_once
def libraries_directory() -> Path:
    """Links to boto3 and to what it needs, as Lambda's runtime brings them; made again by each endpoint."""
    directory = endpoint_settings().data_directory / "lambda" / "libraries"
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    for name in sorted(_needed("boto3", set())):
        for top in _top_level(distribution(name)):
            (directory / top.name).symlink_to(top)
    return directory


def _needed(name: str, found: set[str]) -> set[str]:
    """The distribution, and those that it needs without extras."""
    if name not in found:
        found.add(name)
        for text in distribution(name).requires or []:
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                _needed(requirement.name, found)
    return found


def _top_level(package: Distribution) -> set[Path]:
    """The modules, packages and metadata folders that the distribution has installed."""
    names = {file.parts[0] for file in package.files or [] if file.parts[0] not in {"..", "__pycache__"}}
    return {Path(str(package.locate_file(name))) for name in names}
