"""chainrule against PyTorch, scikit-learn and JAX: `python -m benchmarks`. README.md says what is compared, and how."""
