"""Statements that the command line cannot send."""

from pathlib import Path

import pytest

from stack.errors import StackError
from stack.queries import query_athena, query_redshift
from stack.settings import StackSettings


@pytest.mark.parametrize("run", [query_athena, query_redshift])
def test_a_byte_that_is_no_utf8_is_one_sentence(tmp_path: Path, run) -> None:
    argument = b"SELECT 'Summe f\xfcr M\xe4rz'".decode(errors="surrogateescape")
    with pytest.raises(StackError) as refused:
        run(StackSettings(home=tmp_path), argument)
    assert str(refused.value) == "The statement is no UTF-8: character 16 is the byte 0xfc. Write it in UTF-8."
