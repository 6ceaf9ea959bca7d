"""REST routes, one noun per file."""
