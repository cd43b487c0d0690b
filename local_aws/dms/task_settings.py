"""ReplicationTaskSettings: the ones that the engine carries out, and a refusal of those that would change its result.

Settings: https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Tasks.CustomizingTasks.TaskSettings.html
"""

import json
from typing import Any

from local_aws.dms.specification import TaskSettings

ANY = object()
# Sections and settings that do not change what a full load writes, with the values that are accepted.
ACCEPTED: dict[str, Any] = {
    "Logging": ANY,
    "ControlTablesSettings": ANY,
    "StreamBufferSettings": ANY,
    "ChangeProcessingTuning": ANY,
    "ChangeProcessingDdlHandlingPolicy": ANY,
    "FailTaskWhenCleanTaskResourceFailed": ANY,
    "BeforeImageSettings": (None,),
    "CharacterSetSettings": (None,),
    "LoopbackPreventionSettings": (None,),
    "PostProcessingRules": (None,),
    "ValidationSettings": {"EnableValidation": (False,)},
    "TTSettings": {"EnableTT": (False,)},
    "TargetMetadata": {
        "TargetSchema": ("", None),
        "SupportLobs": (True, False),
        # S3 targets have no full LOB mode, of which inline LOBs are a part: "Limitations" in
        # https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Target.S3.html
        "FullLobMode": (False,),
        "InlineLobMaxSize": (0,),
        "LimitedSizeLobMode": (True, False),
        "LobChunkSize": ANY,
        "LobMaxSize": ANY,
        "LoadMaxFileSize": (0,),
        "ParallelLoadThreads": (0,),
        "ParallelLoadBufferSize": (0,),
        "ParallelLoadQueuesPerThread": (0,),
        "ParallelApplyThreads": ANY,
        "ParallelApplyBufferSize": ANY,
        "ParallelApplyQueuesPerThread": ANY,
        "BatchApplyEnabled": ANY,
        "TaskRecoveryTableEnabled": (False,),
    },
    "FullLoadSettings": {
        "TargetTablePrepMode": ("DROP_AND_CREATE", "DO_NOTHING"),
        "CreatePkAfterFullLoad": ANY,
        "StopTaskCachedChangesApplied": ANY,
        "StopTaskCachedChangesNotApplied": ANY,
        "MaxFullLoadSubTasks": range(1, 50),
        "TransactionConsistencyTimeout": ANY,
        "CommitRate": range(1, 50_001),
    },
    "ErrorBehavior": {
        "FailOnNoTablesCaptured": (True, False),
        "DataErrorPolicy": ("LOG_ERROR",),
        "DataTruncationErrorPolicy": ("LOG_ERROR",),
        "DataErrorEscalationPolicy": ANY,
        "DataErrorEscalationCount": (0,),
        "TableErrorPolicy": ("SUSPEND_TABLE",),
        "TableErrorEscalationPolicy": ANY,
        "TableErrorEscalationCount": (0,),
        "RecoverableErrorCount": ANY,
        "RecoverableErrorInterval": ANY,
        "RecoverableErrorThrottling": ANY,
        "RecoverableErrorThrottlingMax": ANY,
        "RecoverableErrorStopRetryAfterThrottlingMax": ANY,
        "ApplyErrorDeletePolicy": ANY,
        "ApplyErrorInsertPolicy": ANY,
        "ApplyErrorUpdatePolicy": ANY,
        "ApplyErrorEscalationPolicy": ANY,
        "ApplyErrorEscalationCount": ANY,
        "ApplyErrorFailOnTruncationDdl": ANY,
        "FullLoadIgnoreConflicts": ANY,
        "FailOnTransactionConsistencyBreached": ANY,
        "EventErrorPolicy": ANY,
    },
}
# Sections whose other settings mean nothing once the named one is off.
SWITCHES = {"ValidationSettings": "EnableValidation", "TTSettings": "EnableTT"}


class TaskSettingsError(ValueError):
    """A setting is unknown, malformed, or asks for what the engine does not do."""


def _check(path: str, value: Any, accepted: Any) -> None:
    if accepted is ANY:
        return
    if isinstance(accepted, dict):
        _check_section(path, value or {}, accepted)
    elif value not in accepted:
        raise TaskSettingsError(f"Task setting {path} = {json.dumps(value)} is not supported by the local endpoint")


def _check_section(path: str, section: Any, accepted: dict[str, Any]) -> None:
    if not isinstance(section, dict):
        raise TaskSettingsError(f"Task setting {path} must be an object")
    for name, value in section.items():
        if name in accepted:
            _check(f"{path}.{name}", value, accepted[name])
        elif path not in SWITCHES:
            raise TaskSettingsError(f"Task setting {path}.{name} is not supported by the local endpoint")


def parse_task_settings(document: str | None) -> TaskSettings:
    """Settings of a task as given, over DMS's defaults. Raises TaskSettingsError naming what is not carried out."""
    try:
        settings = json.loads(document) if document else {}
    except ValueError as error:
        raise TaskSettingsError("The replication task settings are not valid JSON") from error
    for name, section in settings.items():
        if name not in ACCEPTED:
            raise TaskSettingsError(f"Task setting {name} is not supported by the local endpoint")
        _check(name, section, ACCEPTED[name])
    metadata = settings.get("TargetMetadata") or {}
    full_load = settings.get("FullLoadSettings") or {}
    return TaskSettings(
        drop_and_create=full_load.get("TargetTablePrepMode", "DROP_AND_CREATE") == "DROP_AND_CREATE",
        max_full_load_sub_tasks=full_load.get("MaxFullLoadSubTasks", 8),
        support_lobs=metadata.get("SupportLobs", True),
        lob_limit=int(metadata.get("LobMaxSize", 32)) * 1024,
        fail_on_no_tables=(settings.get("ErrorBehavior") or {}).get("FailOnNoTablesCaptured", True),
        is_logging_enabled=(settings.get("Logging") or {}).get("EnableLogging", False),
    )
