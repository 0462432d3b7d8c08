"""Long runs that try to break chainrule: `make torture`, by hand. Each campaign has one file and keeps one promise."""
