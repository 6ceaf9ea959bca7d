"""MetaTrader: reserved for the bridge."""
