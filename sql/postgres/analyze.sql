ANALYZE customers, accounts, transactions
