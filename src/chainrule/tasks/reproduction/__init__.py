"""The same numbers everywhere: what presets give, published, and compared with what this machine gives."""
