"""What Redshift has yet to load of the table `stock_prices`."""

from lakehouse_aws.hooks.stock_commits import Document, StockCommitsHook
from lakehouse_aws.stock_keys import redshift_manifest_key


class RedshiftStocksHook(StockCommitsHook):
    """Redshift takes whole months: all that changed since the commit that it holds, also by runs whose load failed."""

    def write_manifest(self, commit: Document, loaded: int) -> str | None:
        """S3 URL of a COPY manifest of the files to load; None when no month changed.

        `loaded` is the number of the commit that Redshift holds, 0 when it holds none.
        """
        known = self._known_locations(loaded)
        changed = [entry["location"] for entry in commit["partitions"].values() if entry["location"] not in known]
        if not changed:
            return None
        return self.files.write_copy_manifest(self.bucket, redshift_manifest_key(commit["commit"]), changed)

    def _known_locations(self, number: int) -> set[str]:
        if number == 0:
            return set()
        return {entry["location"] for entry in self.commit_of(number)["partitions"].values()}
