"""Look addresses up, follow them through editions, and make permalinks."""
