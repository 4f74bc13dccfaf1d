"""What can be said of a query without any event: what its conditions let through, which labels can occur."""
