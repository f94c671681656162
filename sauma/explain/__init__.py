"""One page for each error code."""
