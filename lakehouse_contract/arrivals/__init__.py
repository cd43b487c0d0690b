"""Files that somebody puts into the lake: their kinds, their keys on the way, and what the ledger says of them."""
