"""Data quality of the star schema: one suite of expectations per table."""

from lakehouse_glue.quality.audit import TableSuite
from lakehouse_glue.star_schema.quality import dim_accounts, dim_customers, dim_dates, fact_transactions, rejects

SUITES = (
    *(
        TableSuite(module.TABLE, module.frame, module.suite, is_compared=True)
        for module in (dim_customers, dim_accounts, fact_transactions)
    ),
    *(TableSuite(module.TABLE, module.frame, module.suite) for module in (dim_dates, rejects)),
)
