"""The table of functions: what the document says of it, and that each entry can be read."""

from docs.generate_athena_md import ATHENA_MD, athena_md
from local_aws.athena.analysis.signatures import function_topics, signatures_of


def test_the_list_of_functions_is_what_make_docs_writes():
    assert ATHENA_MD.read_text() == athena_md(), "run `make docs`"


def test_every_entry_is_a_signature_or_a_name():
    entries = [entry for topic in function_topics().values() for entry in topic]
    assert len(entries) > 500
    assert all(signatures_of(entry) or entry.replace("_", "").isalnum() for entry in entries)
