"""What Redshift has yet to load of the table `stock_prices`."""

import json

from botocore.exceptions import ClientError

from lakehouse_aws.hooks.stock_commits import Document, StockCommitsHook
from lakehouse_aws.stock_keys import REDSHIFT_POINTER_KEY, redshift_manifest_key


class RedshiftStocksHook(StockCommitsHook):
    """Redshift takes whole months: all that changed since the commit that it holds, also by runs whose load failed."""

    def loaded_commit(self) -> int:
        """Number of the commit that Redshift holds; 0 when it holds none."""
        try:
            return json.loads(self.files.read_key(REDSHIFT_POINTER_KEY, self.bucket))["commit"]
        except ClientError as error:
            if error.response["Error"]["Code"] not in {"NoSuchKey", "404"}:
                raise
            return 0

    def mark_loaded(self, number: int) -> None:
        self.files.load_string(json.dumps({"commit": number}), REDSHIFT_POINTER_KEY, self.bucket, replace=True)

    def write_manifest(self, commit: Document) -> str | None:
        """S3 URL of a COPY manifest of the files to load; None when Redshift has all."""
        loaded = self.loaded_commit()
        known = self._known_locations(loaded)
        changed = [entry["location"] for entry in commit["partitions"].values() if entry["location"] not in known]
        if not changed:
            return None
        return self.files.write_copy_manifest(self.bucket, redshift_manifest_key(commit["commit"]), changed)

    def _known_locations(self, number: int) -> set[str]:
        if number == 0:
            return set()
        return {entry["location"] for entry in self.commit_of(number)["partitions"].values()}
