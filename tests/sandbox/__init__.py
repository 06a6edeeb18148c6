"""The local exchange, judged from outside: by other people's client libraries and by bytes on the wire."""
