"""One statistic per file."""
