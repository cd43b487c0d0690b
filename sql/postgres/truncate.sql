TRUNCATE customers, accounts, transactions
