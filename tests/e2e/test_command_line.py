"""What a user gets wrong with a stack that runs: one sentence at once, and exit code 1."""

import time

import pytest

from tests.e2e.conftest import Lakehouse

AT_ONCE_SECONDS = 20


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["trigger", "nosuch"], "There is no DAG nosuch: name one of financial_warehouse_daily, "),
        (
            ["rollback", "jr_nosuch"],
            "There is no published version jr_nosuch: name one that `lakehouse versions` lists.",
        ),
        (["rollback", "../../x"], "There is no published version ../../x: name one that `lakehouse versions` lists."),
        (["rollback", "\udcff"], "There is no published version \ufffd: name one that `lakehouse versions` lists."),
        (["s3", "ls", "s3://No_Bucket!/x"], "There is no bucket No_Bucket!: `lakehouse s3 ls` lists the buckets."),
    ],
)
def test_a_mistake_is_one_sentence_at_once(stack: Lakehouse, arguments: list[str], sentence: str) -> None:
    started = time.monotonic()
    result = stack.run(*arguments)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith(sentence)
    assert result.stderr.count("\n") == 1
    assert time.monotonic() - started < AT_ONCE_SECONDS


def test_status_says_that_every_process_does_its_work(stack: Lakehouse) -> None:
    printed = stack.succeed("status")
    assert printed.count("healthy") == len(stack.stack.processes())
