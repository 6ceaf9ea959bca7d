"""How many lots a signal gets: one small function for each way, and a table of them."""
