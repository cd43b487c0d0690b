"""The pages of pictures: where they are, and how one is kept as a file."""

import gzip
from collections.abc import Iterable
from pathlib import Path

from lakehouse_contract.reports import PIPELINES, REPORTS_PREFIX, report_key
from stack import aws
from stack.cloudformation import outputs
from stack.errors import StackError
from stack.settings import StackSettings

REPORTS_DAG = "lakehouse_reports"


def check_pipelines(names: Iterable[str]) -> list[str]:
    """Each name once, in their order; raises StackError for one that has no report."""
    chosen = list(dict.fromkeys(names))
    unknown = [name for name in chosen if name not in PIPELINES]
    if unknown:
        raise StackError(f"There is no report of {unknown[0]!r}: name some of {', '.join(PIPELINES)}.")
    return chosen


def report_url(settings: StackSettings, pipeline: str) -> str:
    """Where a browser of this machine finds the page."""
    return f"{settings.aws_url_on_host}/{outputs(settings)['DataDocsBucket']}/{report_key(pipeline)}"


def made_reports(settings: StackSettings) -> list[str]:
    """The pipelines whose page is there."""
    bucket = outputs(settings)["DataDocsBucket"]
    pages = aws.client("s3", settings).list_objects_v2(Bucket=bucket, Prefix=REPORTS_PREFIX).get("Contents", [])
    keys = {page["Key"] for page in pages}
    return [pipeline for pipeline in PIPELINES if report_key(pipeline) in keys]


def save_report(settings: StackSettings, pipeline: str, folder: Path) -> Path:
    """The page as a file, which a browser opens without the stack."""
    bucket = outputs(settings)["DataDocsBucket"]
    stored = aws.client("s3", settings).get_object(Bucket=bucket, Key=report_key(pipeline))
    file = folder / f"{pipeline}.html"
    folder.mkdir(parents=True, exist_ok=True)
    # Stored compressed, which S3 tells browsers and botocore does not undo.
    file.write_bytes(gzip.decompress(stored["Body"].read()))
    return file
