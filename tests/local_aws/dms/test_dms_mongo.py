"""Documents as DMS writes them, in both nesting levels."""

import json
from datetime import UTC, datetime

import pyarrow as pa
import pymongo
import pytest
from bson import Decimal128, Int64, ObjectId, Regex, Timestamp

OBJECT_ID = ObjectId("65a000000000000000000001")


@pytest.fixture
def events(mongo_uri, migration):
    client = pymongo.MongoClient(mongo_uri)
    name = f"events_{migration.name}"
    yield client[name]["events"]
    client.drop_database(name)
    client.close()


@pytest.fixture
def load_events(migration, mongo_server, events):
    """Load the collection with the given DocDbSettings and return its rows."""

    def load(**settings):
        migration.source = {
            "EngineName": "docdb",
            "DatabaseName": events.database.name,
            "DocDbSettings": settings,
            **mongo_server,
        }
        task_settings = {"TargetMetadata": {"SupportLobs": True, "LimitedSizeLobMode": True, "LobMaxSize": 1024}}
        migration.load(migration.selection("events", schema=events.database.name), **task_settings)
        return migration.read(f"{events.database.name}/events")

    return load


def test_a_document_is_extended_json_beside_its_id(events, load_events):
    events.insert_one(
        {
            "_id": OBJECT_ID,
            "transaction_id": Int64(2**53 + 1),
            "occurred_at": datetime(2024, 1, 1, 0, 0, 0, 5000, UTC),
            "device": {"os": "iOS 😀"},
            "risk": {"score": 0.25, "flags": ["velocity", None]},
            "fee": Decimal128("1.10"),
        }
    )
    table = load_events(NestingLevel="none", ExtractDocId=True)
    assert table.schema.names == ["_id", "_doc"]
    assert table["_id"].to_pylist() == [str(OBJECT_ID)]
    assert json.loads(table["_doc"][0].as_py()) == {
        "_id": {"$oid": str(OBJECT_ID)},
        "transaction_id": 2**53 + 1,
        "occurred_at": {"$date": 1704067200005},
        "device": {"os": "iOS 😀"},
        "risk": {"score": 0.25, "flags": ["velocity", None]},
        "fee": {"$numberDecimal": "1.10"},
    }


def test_numbers_are_plain_and_what_json_lacks_is_named_by_its_type(events, load_events):
    events.insert_one(
        {
            "_id": 1,
            "int": 7,
            "long": Int64(-(2**63)),
            "double": 0.1,
            "before_1970": datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC),
            "bytes": b"x",
            "pattern": Regex("^a", "i"),
            "stamp": Timestamp(1704067200, 3),
        }
    )
    assert json.loads(load_events()["_doc"][0].as_py()) == {
        "_id": 1,
        "int": 7,
        "long": -(2**63),
        "double": 0.1,
        "before_1970": {"$date": -1000},
        "bytes": {"$binary": "eA==", "$type": "00"},
        "pattern": {"$regex": "^a", "$options": "i"},
        "stamp": {"$timestamp": {"t": 1704067200, "i": 3}},
    }


def test_a_document_over_the_limit_is_cut_which_the_task_log_says(migration, mongo_server, events, aws):
    events.insert_one({"_id": 1, "note": "x" * 2000})
    migration.source = {"EngineName": "docdb", "DatabaseName": events.database.name, **mongo_server}
    task = migration.load(
        migration.selection("events", schema=events.database.name),
        TargetMetadata={"SupportLobs": True, "LimitedSizeLobMode": True, "LobMaxSize": 1},
        Logging={"EnableLogging": True},
    )
    [cut] = migration.read(f"{events.database.name}/events")["_doc"].to_pylist()
    assert len(cut.encode()) == 1024
    [warning] = migration.warnings_of(aws("logs"), task)
    table = f"{events.database.name}.events"
    assert warning == f"[SOURCE_UNLOAD] W: The value of column '_doc' in table '{table}' was truncated to length 1024"


def test_without_extract_doc_id_there_is_only_the_document(events, load_events):
    events.insert_one({"_id": "a"})
    assert load_events().to_pylist() == [{"_doc": '{"_id": "a"}'}]


def test_numbers_that_json_lacks_are_named(events, load_events):
    events.insert_one({"_id": 1, "score": float("nan"), "limits": [float("inf")]})
    document = json.loads(load_events()["_doc"][0].as_py(), parse_constant=pytest.fail)
    assert document["score"] == {"$numberDouble": "NaN"}
    assert document["limits"] == [{"$numberDouble": "Infinity"}]


def test_a_date_beyond_pythons_years_is_kept(events, load_events):
    events.insert_one({"_id": 1, "at": datetime(9999, 12, 31, tzinfo=UTC)})
    events.insert_one({"_id": 2, "at": datetime(1, 1, 1, tzinfo=UTC)})
    documents = [json.loads(document) for document in load_events()["_doc"].to_pylist()]
    assert [document["at"]["$date"] for document in documents] == [253402214400000, -62135596800000]


def test_nesting_level_one_has_a_column_per_field(events, load_events):
    events.insert_many(
        [
            {"_id": OBJECT_ID, "n": 1, "device": {"os": "iOS", "screen": {"w": 10}}, "tags": ["a", 1], "mixed": 1},
            {"_id": "b", "n": Int64(2**40), "at": datetime(2024, 1, 1, tzinfo=UTC), "mixed": "x"},
        ]
    )
    table = load_events(NestingLevel="one")
    assert table.schema.field("n").type == pa.int64()
    assert table.to_pylist() == [
        {
            "_id": str(OBJECT_ID),
            "n": 1,
            "device.os": "iOS",
            "device.screen.w": 10,
            "tags": '["a", 1]',
            "mixed": "1",
            "at": None,
        },
        {
            "_id": "b",
            "n": 2**40,
            "device.os": None,
            "device.screen.w": None,
            "tags": None,
            "mixed": "x",
            "at": datetime(2024, 1, 1, tzinfo=UTC),
        },
    ]


def test_fields_after_the_investigated_documents_are_left_out_and_misfits_are_null(events, load_events):
    events.insert_many([{"_id": 1, "score": 0.5}, {"_id": 2, "score": "high", "late": True}])
    table = load_events(NestingLevel="one", DocsToInvestigate=1)
    assert table.to_pylist() == [{"_id": 1, "score": 0.5}, {"_id": 2, "score": None}]


def test_many_documents_are_all_there(events, load_events):
    events.insert_many([{"_id": number} for number in range(25_000)])
    assert sorted(int(number) for number in load_events(ExtractDocId=True)["_id"].to_pylist()) == list(range(25_000))
