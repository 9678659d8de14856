"""Look up addresses, track them through editions, and make permalinks."""
