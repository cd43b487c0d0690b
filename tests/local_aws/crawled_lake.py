"""A bucket and a database with crawlers over them."""

import time
from io import BytesIO
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

DEADLINE_SECONDS = 60


class CrawledLake:
    """A bucket and a database of the test's own."""

    def __init__(self, client):
        self.glue = client("glue")
        self.s3 = client("s3")
        self.bucket = f"crawl-{uuid4().hex[:8]}"
        self.database = f"crawl_{uuid4().hex[:8]}"
        self.s3.create_bucket(Bucket=self.bucket)
        self.glue.create_database(DatabaseInput={"Name": self.database})

    def put(self, key, content):
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=content)

    def put_rows(self, key, rows):
        content = BytesIO()
        pq.write_table(pa.Table.from_pylist(rows), content)
        self.put(key, content.getvalue())

    def delete(self, key):
        self.s3.delete_object(Bucket=self.bucket, Key=key)

    def url(self, key):
        return f"s3://{self.bucket}/{key}"

    def create_crawler(self, *paths, **fields):
        name = f"crawler-{uuid4().hex[:8]}"
        targets = {"S3Targets": [{"Path": self.url(path)} for path in paths]}
        self.glue.create_crawler(
            **{"Name": name, "Role": "r", "DatabaseName": self.database, "Targets": targets} | fields
        )
        return name

    def create_catalog_crawler(self, *tables):
        targets = {"CatalogTargets": [{"DatabaseName": self.database, "Tables": list(tables)}]}
        policy = {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "LOG"}
        return self.create_crawler(Targets=targets, SchemaChangePolicy=policy)

    def crawl(self, *paths, **fields):
        return self.start(self.create_crawler(*paths, **fields))

    def start(self, name):
        self.glue.start_crawler(Name=name)
        return self.ended(name)

    def ended(self, name):
        deadline = time.monotonic() + DEADLINE_SECONDS
        while self.crawler(name)["State"] != "READY":
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return self.crawler(name)["LastCrawl"]

    def crawler(self, name):
        return self.glue.get_crawler(Name=name)["Crawler"]

    def table(self, name):
        return self.glue.get_table(DatabaseName=self.database, Name=name)["Table"]

    def tables(self):
        return [table["Name"] for table in self.glue.get_tables(DatabaseName=self.database)["TableList"]]

    def columns(self, name):
        columns = self.table(name)["StorageDescriptor"]["Columns"]
        return {column["Name"]: column["Type"] for column in columns}

    def partitions(self, name):
        partitions = self.glue.get_partitions(DatabaseName=self.database, TableName=name)["Partitions"]
        return {tuple(entry["Values"]): entry["StorageDescriptor"]["Location"] for entry in partitions}
