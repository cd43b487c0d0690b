"""The table of functions: what the document says of it, and that each entry can be read."""

import importlib.util
from pathlib import Path

from local_aws.athena.analysis.signatures import function_topics, signatures_of

GENERATOR = Path(__file__).parents[3] / "docs" / "generate_athena_md.py"


def load_generator():
    specification = importlib.util.spec_from_file_location("generate_athena_md", GENERATOR)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_the_list_of_functions_is_what_make_docs_writes():
    generator = load_generator()
    assert generator.ATHENA_MD.read_text() == generator.athena_md(), "run `make docs`"


def test_every_entry_is_a_signature_or_a_name():
    entries = [entry for topic in function_topics().values() for entry in topic]
    assert len(entries) > 500
    assert all(signatures_of(entry) or entry.replace("_", "").isalnum() for entry in entries)
