"""The pure engine: quotes, commands and times go in, events come out."""
