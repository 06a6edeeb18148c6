"""Binance over REST: endpoints as rows, and what turns a row into a call and a reply into a value."""
