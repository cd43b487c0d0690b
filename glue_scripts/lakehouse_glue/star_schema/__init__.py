"""The star schema of customers, accounts, transactions and their events: from raw tables to audited ones."""
