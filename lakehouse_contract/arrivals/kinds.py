"""The kinds of files that arrive: what they become, and where they lie in the lake on their way."""

from dataclasses import dataclass

from lakehouse_contract.datasets import SALES, STOCK_PRICES, Dataset

FILE_SUFFIXES = (".csv", ".csv.gz")
RELOAD_FOLDER = "_reload/"
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
MOST_KEY_BYTES = 1024
# What a key of the quarantine has around the name of its file at most.
AROUND_QUARANTINED_NAME = "2026-11-20/20261120T120000000000Z-01234567-reload/.reason.txt"


@dataclass(frozen=True)
class Arrivals:
    """Files of one kind, which somebody puts into a folder below `landing/`.

    `name` is what the lake's documents call them, `folder` their folder in each prefix. The Glue job `job` ingests
    them into the tables of `dataset`, of which the first one has their claims' fencing token, and the last one is their
    ledger: a file that it has is in the others. Where a run `is_audited`, its branches pass the audit of the dataset
    before they are published; elsewhere the job judges what it wrote.
    """

    name: str
    folder: str
    dataset: Dataset
    job: str
    is_audited: bool = False

    @property
    def landing_prefix(self) -> str:
        return f"landing/{self.folder}/"

    @property
    def reload_prefix(self) -> str:
        """Below it lies what is to be loaded although its content is known."""
        return f"{self.landing_prefix}{RELOAD_FOLDER}"

    @property
    def claimed_prefix(self) -> str:
        return f"claimed/{self.folder}/"

    @property
    def processed_prefix(self) -> str:
        return f"processed/{self.folder}/"

    @property
    def quarantine_prefix(self) -> str:
        return f"quarantine/{self.folder}/"

    @property
    def blocked_prefix(self) -> str:
        """Of what S3 refuses to move an object per file says why, and when that was tried last."""
        return f"audit/blocked_{self.name}/"

    @property
    def untold_prefix(self) -> str:
        """Below it lie rows of the ledger of files that no job run tells of, until the table has them."""
        return f"audit/untold_{self.name}/"

    @property
    def ledger(self) -> str:
        """The name of the ledger's table."""
        return self.dataset.tables[-1]

    @property
    def most_name_bytes(self) -> int:
        """The key of a reason in quarantine has the most around a name, more than a landed file's: a longer name can
        land.
        """
        return MOST_KEY_BYTES - len(f"{self.quarantine_prefix}{AROUND_QUARANTINED_NAME}")

    def fits(self, name: str) -> bool:
        """Whether a key is long enough for a name wherever the pipeline moves its file."""
        return len(name.encode()) <= self.most_name_bytes

    def takes(self, name: str) -> bool:
        """Whether the pipeline loads files of this name; another one is a stray in the landing prefix."""
        return name.lower().endswith(FILE_SUFFIXES) and self.fits(name)


STOCK_FILES = Arrivals("stock_files", "stocks", STOCK_PRICES, "stock-csv-to-parquet")
SALES_FILES = Arrivals("sales_files", "sales", SALES, "aggregate-regional-sales", is_audited=True)
ALL_ARRIVALS = (STOCK_FILES, SALES_FILES)


def arrivals_named(name: str) -> Arrivals:
    """The kind of a name; raises KeyError for a name that no kind has."""
    return {arrivals.name: arrivals for arrivals in ALL_ARRIVALS}[name]
