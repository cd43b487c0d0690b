"""MongoDB and DocumentDB as a source, in DMS's document mode (one JSON column) or table mode (a column per field)."""

from collections.abc import Iterator
from itertools import islice

import pyarrow as pa
from bson import decode_all
from bson.codec_options import CodecOptions, DatetimeConversion
from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.errors import PyMongoError

from local_aws.dms.engine.conversion import BLOB, CLOB, Losses
from local_aws.dms.engine.documents import Document, document_json, identifier_text
from local_aws.dms.engine.flattening import columns_of, flattened, to_array
from local_aws.dms.engine.prefetch import prefetched
from local_aws.dms.engine.source import SourceError, SourceTable
from local_aws.dms.specification import Connection, MongoSource, TaskSettings

SERVER_SELECTION_TIMEOUT_MILLISECONDS = 10_000
# A batch ends with the first of the two.
MAX_BATCH_DOCUMENTS = 10_000
MAX_BATCH_BYTES = 8 * 1024 * 1024

CODEC_OPTIONS: CodecOptions = CodecOptions(
    tz_aware=True, datetime_conversion=DatetimeConversion.DATETIME_AUTO, unicode_decode_error_handler="replace"
)
DOCUMENT_COLUMN = "_doc"
IDENTIFIER_COLUMN = "_id"


def connect(connection: Connection, auth_source: str = "admin") -> MongoClient:
    """A client of a server that answered. Raises SourceError."""
    credentials = {"username": connection.username, "password": connection.password, "authSource": auth_source}
    client: MongoClient = MongoClient(
        host=connection.host,
        port=connection.port,
        **(credentials if connection.username else {}),
        tls=connection.ssl_mode != "none",
        directConnection=True,
        serverSelectionTimeoutMS=SERVER_SELECTION_TIMEOUT_MILLISECONDS,
        appname="dms",
    )
    try:
        client.admin.command("ping")
    except PyMongoError as error:
        client.close()
        raise SourceError(f"MongoDB at {connection.host}:{connection.port} cannot be reached: {error}") from error
    return client


def check_connection(connection: Connection, auth_source: str) -> None:
    """Raises SourceError when the database does not answer."""
    connect(connection, auth_source).close()


class MongoReader:
    def __init__(self, source: MongoSource, settings: TaskSettings) -> None:
        if not settings.support_lobs:
            raise SourceError("TargetMetadata.SupportLobs must be true: documents are large objects")
        self._source = source
        self._settings = settings
        self._client = connect(source.connection, source.auth_source)
        self._database = self._client.get_database(source.connection.database, codec_options=CODEC_OPTIONS)

    def tables(self) -> list[SourceTable]:
        names = self._database.list_collection_names(filter={"type": "collection"})
        return [
            SourceTable(self._database.name, name, self._database[name].estimated_document_count())
            for name in sorted(names)
            if not name.startswith("system.")
        ]

    def partitions(self, table: SourceTable) -> list[None]:  # noqa: ARG002 (a collection is one part)
        return [None]

    def read(
        self,
        table: SourceTable,
        partition: None,  # noqa: ARG002 (a collection is one part)
        losses: Losses,
    ) -> Iterator[pa.RecordBatch]:
        collection = self._database[table.name]
        if self._source.nesting_level == "one":
            return self._read_columns(collection, losses)
        return self._read_documents(collection, losses)

    def _documents(self, collection: Collection) -> Iterator[Document]:
        """The server makes the next batch while this one is decoded."""
        with collection.find_raw_batches(batch_size=MAX_BATCH_DOCUMENTS) as cursor:
            for batch in prefetched(cursor):
                yield from decode_all(batch, CODEC_OPTIONS)

    def _read_documents(self, collection: Collection, losses: Losses) -> Iterator[pa.RecordBatch]:
        texts: list[str] = []
        identifiers: list[str] = []
        size = 0
        for document in self._documents(collection):
            texts.append(document_json(document))
            identifiers.append(identifier_text(document.get(IDENTIFIER_COLUMN)))
            size += len(texts[-1])
            if len(texts) >= MAX_BATCH_DOCUMENTS or size >= MAX_BATCH_BYTES:
                yield self._document_batch(identifiers, texts, losses)
                texts, identifiers, size = [], [], 0
        if texts:
            yield self._document_batch(identifiers, texts, losses)

    def _document_batch(self, identifiers: list[str], texts: list[str], losses: Losses) -> pa.RecordBatch:
        documents = CLOB.shortened(pa.array(texts, pa.string()), self._settings.lob_limit, DOCUMENT_COLUMN, losses)
        if not self._source.extract_doc_id:
            return pa.RecordBatch.from_arrays([documents], names=[DOCUMENT_COLUMN])
        return pa.RecordBatch.from_arrays(
            [pa.array(identifiers, pa.string()), documents], names=[IDENTIFIER_COLUMN, DOCUMENT_COLUMN]
        )

    def _read_columns(self, collection: Collection, losses: Losses) -> Iterator[pa.RecordBatch]:
        """Fields that first appear after the investigated documents are left out, as DMS does."""
        sample = collection.find(limit=self._source.docs_to_investigate)
        schema = columns_of(flattened(document) for document in sample)
        rows = (flattened(document) for document in self._documents(collection))
        while batch := list(islice(rows, MAX_BATCH_DOCUMENTS)):
            arrays = [
                self._shortened(to_array([row.get(field.name) for row in batch], field, losses), field, losses)
                for field in schema
            ]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)

    def _shortened(self, array: pa.Array, field: pa.Field, losses: Losses) -> pa.Array:
        """Texts are CLOBs: https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Source.MongoDB.html."""
        if pa.types.is_string(field.type):
            return CLOB.shortened(array, self._settings.lob_limit, field.name, losses)
        if pa.types.is_binary(field.type):
            return BLOB.shortened(array, self._settings.lob_limit, field.name, losses)
        return array

    def close(self) -> None:
        self._client.close()
