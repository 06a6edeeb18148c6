"""Requests on their way out and replies on their way in, whatever the exchange: limits, flow, texts."""
