"""The version of chainrule, in one place."""

__version__ = "0.1.0"
