"""What a query means: types, a closed core of nodes, the function table, rewrites."""
