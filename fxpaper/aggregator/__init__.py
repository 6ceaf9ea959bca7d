"""Prices: sources, rotation, budgets, cache and quality turn a provider's answer into a Quote."""
