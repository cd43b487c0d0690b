"""The dashboard's site on the stack: built by Node where Node is, and served by the endpoint."""

from pathlib import Path

from deployment.site import SiteAddresses, build_site, upload_site
from stack import aws
from stack.cloudformation import Outputs
from stack.settings import REPOSITORY, StackSettings


def build(settings: StackSettings) -> Path:
    """The folder of the built site; raises DeploymentError with one sentence where it cannot be built."""
    return build_site(REPOSITORY, settings.logs_directory / "dashboard.log")


def is_there(settings: StackSettings, outputs: Outputs) -> bool:
    """Whether the site has pages, which it has not where Node is missing."""
    bucket, page = outputs["DashboardSiteBucket"], "index.html"
    return bool(aws.client("s3", settings).list_objects_v2(Bucket=bucket, Prefix=page, MaxKeys=1).get("Contents"))


def put(settings: StackSettings, outputs: Outputs, built: Path) -> None:
    addresses = SiteAddresses(
        dashboardApi=outputs["DashboardApiUrl"],
        tradesApi=outputs.get("TradesApiUrl"),
        dataDocs=f"{settings.aws_url_on_host}/{outputs['DataDocsBucket']}/",
    )
    upload_site(aws.client("s3", settings), outputs["DashboardSiteBucket"], built, addresses)
