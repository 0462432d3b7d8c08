"""What shows things: the report, notebooks, plots."""
