import pytest
from lakehouse_glue.arguments import reject_share, resolve_options
from lakehouse_glue.errors import BadInputError, run_job


def test_named_arguments_are_found_among_reserved_ones():
    arguments = ["--JOB_NAME", "job", "--JOB_RUN_ID", "jr_1", "--enable-metrics", "true", "--database", "d"]
    assert resolve_options(arguments, ["JOB_RUN_ID", "database"]) == {"JOB_RUN_ID": "jr_1", "database": "d"}


def test_optional_argument_has_its_default():
    assert resolve_options([], [], {"max_reject_share": "0.01"}) == {"max_reject_share": "0.01"}


def test_abbreviated_argument_is_not_taken():
    with pytest.raises(BadInputError, match="--database"):
        resolve_options(["--data", "d"], ["database"])


def test_missing_argument_is_named():
    with pytest.raises(BadInputError, match=r"^The job needs the argument --database, --snapshot: pass it"):
        resolve_options([], ["database", "snapshot"])


@pytest.mark.parametrize("text", ["2", "-0.1", "one percent", "nan"])
def test_reject_share_outside_of_0_to_1_is_an_error(text):
    with pytest.raises(BadInputError, match="between 0 and 1"):
        reject_share(text)


def test_bad_input_ends_a_job_with_its_sentence_alone():
    def job() -> None:
        raise BadInputError("The raw table customers lacks the column email.")

    with pytest.raises(SystemExit) as exit_info:
        run_job(job)
    assert exit_info.value.code == "The raw table customers lacks the column email."
    assert exit_info.value.__suppress_context__


def test_bug_ends_a_job_with_its_own_error():
    def job() -> None:
        raise KeyError("a bug")

    with pytest.raises(KeyError):
        run_job(job)
