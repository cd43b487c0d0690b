"""PostgreSQL's errors in Redshift's words."""

import re

from local_aws.redshift_serverless.warehouse import SYSTEM_SCHEMA

TEXT_LIMIT = re.compile(r"redshift_(varchar|bpchar)_(\d+)_\d+")
UNKNOWN_TYPE = re.compile(r"(?<=[(\s])unknown(?=[,)])")
# What PostgreSQL says, and Redshift instead.
SENTENCES = (
    (
        re.compile(r"cannot insert a non-DEFAULT value into column .*|column .* can only be updated to DEFAULT"),
        "cannot set an identity column to a value",
    ),
    (
        re.compile("MERGE command cannot affect row a second time"),
        "Found multiple matches to update the same tuple.",
    ),
    (
        re.compile(r'null value in column "(\w+)" .* violates not-null constraint'),
        r"Cannot insert a NULL value into column \1",
    ),
)


def error_message(error: Exception) -> str:
    """Severity, sentence, then detail and hint; the context would tell of our own functions."""
    diagnostics = getattr(error, "diag", None)
    if diagnostics is None or not diagnostics.message_primary:
        return str(error).strip()
    limit = TEXT_LIMIT.fullmatch(diagnostics.constraint_name or "")
    if limit:
        return f"ERROR: {_too_long(*limit.groups())}"
    sentence = diagnostics.message_primary.replace(f"{SYSTEM_SCHEMA}.", "")
    for pattern, words in SENTENCES:
        replaced = pattern.sub(words, sentence)
        if replaced != sentence:
            return f"ERROR: {replaced}"
    if sentence.endswith("does not exist"):
        sentence = UNKNOWN_TYPE.sub('"unknown"', sentence)
    lines = [f"ERROR: {sentence}"]
    lines += [f"  {label}: {text}" for label, text in (
        ("Detail", diagnostics.message_detail),
        ("Hint", diagnostics.message_hint),
    ) if text]  # fmt: skip
    return "\n".join(lines)


def _too_long(kind: str, length: str) -> str:
    if kind == "bpchar":
        return "Multibyte character not supported for CHAR (Hint: Try using VARCHAR)."
    return f"value too long for type character varying({length})"
