"""LIMIT, OFFSET and FETCH FIRST."""

from sqlglot import exp

from local_aws.athena.analysis.errors import failure, refused
from local_aws.athena.analysis.relations import check_parts

# What any query may have around it, by sqlglot's names.
QUERY_PARTS = {"with_", "order", "limit", "offset"}


def limit_sql(node: exp.Expression) -> str:
    end = ""
    limit, offset = node.args.get("limit"), node.args.get("offset")
    if isinstance(limit, exp.Fetch):
        if limit.args.get("limit_options"):
            options = limit.args["limit_options"]
            if options.args.get("with_ties") or options.args.get("percent"):
                raise refused("FETCH FIRST … WITH TIES", node)
        amount = limit.args.get("count")
        end += f" LIMIT {_whole(amount) if amount is not None else 1}"
    elif limit is not None:
        check_parts(limit, {"expression"})
        is_all = isinstance(limit.expression, exp.Var | exp.Column) and limit.expression.name.upper() == "ALL"
        end += "" if is_all else f" LIMIT {_whole(limit.expression)}"
    if offset is not None:
        check_parts(offset, {"expression"})
        end += f" OFFSET {_whole(offset.expression)}"
    return end


def _whole(item: exp.Expression) -> int:
    if not isinstance(item, exp.Literal) or item.is_string or not item.name.isdigit():
        raise failure("SYNTAX_ERROR", item, f"mismatched input '{item.sql('trino')}'. Expecting: a whole number")
    return int(item.name)
