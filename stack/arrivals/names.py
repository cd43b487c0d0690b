"""What shows the files of a kind on this machine, and what takes them from the landing prefix."""

from lakehouse_contract.arrivals.kinds import SALES_FILES, STOCK_FILES

COMMANDS = {STOCK_FILES: "arrivals", SALES_FILES: "sales"}
DAGS = {STOCK_FILES: "stock_csv_arrivals", SALES_FILES: "regional_sales_daily"}
