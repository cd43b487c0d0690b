"""Job arguments as Glue passes them: `--NAME value` pairs among reserved ones."""

import argparse
from collections.abc import Mapping, Sequence

from lakehouse_glue.errors import BadInputError


def resolve_options(
    arguments: Sequence[str], required: Sequence[str], optional: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Values of the named arguments; `optional` maps a name to its default.

    Stands in for awsglue.utils.getResolvedOptions, whose licence limits it to AWS. As there, arguments that are not
    asked for are passed over; unlike there, names may not be abbreviated (Glue 6.0 rejects that too).
    """
    parser = argparse.ArgumentParser(allow_abbrev=False, add_help=False)
    for name in required:
        parser.add_argument(f"--{name}")
    for name, default in (optional or {}).items():
        parser.add_argument(f"--{name}", default=default)
    options = vars(parser.parse_known_args(list(arguments))[0])
    missing = [f"--{name}" for name in required if not options[name]]
    if missing:
        raise BadInputError(f"The job needs the argument {', '.join(missing)}: pass it with the job run.")
    return options


def share(options: Mapping[str, str], name: str) -> float:
    """The value of an argument that is a share."""
    try:
        value = float(options[name])
    except ValueError:
        value = -1
    if not 0 <= value <= 1:
        raise BadInputError(f"--{name} is {options[name]!r}: give a share between 0 and 1.")
    return value


def reject_share(text: str) -> float:
    """The value of --max_reject_share."""
    return share({"max_reject_share": text}, "max_reject_share")


def days(options: Mapping[str, str], name: str) -> int:
    """The value of an argument that is a number of days."""
    if not options[name].isdecimal() or not int(options[name]):
        raise BadInputError(f"--{name} is {options[name]!r}: give a number of days, 1 or more.")
    return int(options[name])
