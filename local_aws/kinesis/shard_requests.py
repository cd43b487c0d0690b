"""The requests about the shards of a stream: to list, split and merge them, and to change their number."""

import base64
import json
from typing import Any

from local_aws.json_services import Parameters, operation
from local_aws.kinesis import shards as shards_module
from local_aws.kinesis.exceptions import InvalidArgumentException, ValidationException
from local_aws.kinesis.shards import Shard
from local_aws.kinesis.stream_requests import STREAM, Handler
from local_aws.kinesis.streams import ON_DEMAND, Stream

MAX_LISTED_SHARDS = 1000


class ShardRequests:
    @operation(
        optional=(*STREAM, "NextToken", "ExclusiveStartShardId", "MaxResults", "StreamCreationTimestamp", "ShardFilter")
    )
    def list_shards(self: Handler, parameters: Parameters) -> dict[str, Any]:
        name, start = _listing_start(self, parameters)
        kind = parameters.get("ShardFilter", {}).get("Type", "FROM_TRIM_HORIZON")
        if kind not in {"FROM_TRIM_HORIZON", "AT_LATEST"}:
            raise NotImplementedError(f"The ShardFilter {kind} of ListShards is not supported by the local endpoint")
        stream = self.backend.store.stream(name)
        listed = [
            shard for shard in stream.shards if shard.shard_id > start and not (kind == "AT_LATEST" and shard.is_closed)
        ]
        limit = parameters.get("MaxResults", MAX_LISTED_SHARDS)
        answer: dict[str, Any] = {"Shards": [shard.description() for shard in listed[:limit]]}
        if len(listed) > limit:
            answer["NextToken"] = base64.b64encode(json.dumps([name, listed[limit - 1].shard_id]).encode()).decode()
        return answer

    @operation(required=("ShardToSplit", "NewStartingHashKey"), optional=STREAM)
    def split_shard(self: Handler, parameters: Parameters) -> None:
        first = int(parameters["NewStartingHashKey"])

        def split(stream: Stream, number: int) -> int:
            parent = _open_shard(self, stream, parameters["ShardToSplit"])
            if not parent.first_hash_key < first <= parent.last_hash_key:
                raise InvalidArgumentException(
                    f"NewStartingHashKey {first} used in SplitShard() on shard {parent.shard_id} in stream"
                    f" {stream.name} under account {self.backend.account_id} is not both greater than one plus the"
                    f" shard's StartingHashKey {parent.first_hash_key} and less than the shard's EndingHashKey"
                    f" {parent.last_hash_key}."
                )
            shards_module.split(stream.shards, parent, first, number)
            return number + 1

        self.backend.store.alter(_provisioned(self, parameters), split)

    @operation(required=("ShardToMerge", "AdjacentShardToMerge"), optional=STREAM)
    def merge_shards(self: Handler, parameters: Parameters) -> None:
        def merge(stream: Stream, number: int) -> int:
            one = _open_shard(self, stream, parameters["ShardToMerge"])
            other = _open_shard(self, stream, parameters["AdjacentShardToMerge"])
            if other.first_hash_key != one.last_hash_key + 1 and one.first_hash_key != other.last_hash_key + 1:
                raise InvalidArgumentException(
                    f"Shards {one.shard_id} and {other.shard_id} in stream {stream.name} under account"
                    f" {self.backend.account_id} are not an adjacent pair of shards eligible for merging"
                )
            shards_module.merge(stream.shards, one, other, number)
            return number + 1

        self.backend.store.alter(_provisioned(self, parameters), merge)

    @operation(required=("TargetShardCount", "ScalingType"), optional=STREAM)
    def update_shard_count(self: Handler, parameters: Parameters) -> dict[str, Any]:
        target = parameters["TargetShardCount"]
        name = _provisioned(self, parameters)
        if parameters["ScalingType"] != "UNIFORM_SCALING":
            raise ValidationException(f"ScalingType {parameters['ScalingType']} is not UNIFORM_SCALING.")
        present = shards_module.check_resize(self.backend.store.stream(name).shards, target)
        stream = self.backend.store.alter(
            name, lambda stream, number: shards_module.resize(stream.shards, target, number)
        )
        return {
            "StreamName": name,
            "StreamARN": stream.arn,
            "CurrentShardCount": present,
            "TargetShardCount": target,
        }


def _listing_start(handler: Handler, parameters: Parameters) -> tuple[str, str]:
    """The stream's name, and the shard that the list begins after."""
    if token := parameters.get("NextToken"):
        try:
            name, start = json.loads(base64.b64decode(token))
        except ValueError as error:
            raise InvalidArgumentException("NextToken is not one of ListShards.") from error
        return name, start
    return handler.stream_name(parameters), parameters.get("ExclusiveStartShardId", "")


def _provisioned(handler: Handler, parameters: Parameters) -> str:
    """The name of a stream whose shards are its owner's to change."""
    name = handler.stream_name(parameters)
    if handler.backend.store.stream(name).mode == ON_DEMAND:
        raise ValidationException(
            f"Request is invalid. Stream {name} under account {handler.backend.account_id} is in On-Demand mode."
        )
    return name


def _open_shard(handler: Handler, stream: Stream, shard_id: str) -> Shard:
    shard = handler.backend.shard(stream, shard_id)
    if shard.is_closed:
        raise InvalidArgumentException(
            f"Shard {shard_id} in stream {stream.name} under account {handler.backend.account_id} has already been"
            " merged or split, and thus is not eligible for merging or splitting."
        )
    return shard
