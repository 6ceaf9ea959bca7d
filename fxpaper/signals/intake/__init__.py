"""One parser per dialect: payload in, Signal or Refused out."""
