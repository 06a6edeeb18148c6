"""The engine: frames, bytes and time. It knows no exchange; a venue is a dialect (`contracts.Dialect`) given to it."""
