"""How each type of layer says what its y, dL/dx and dL/dw are sums of: one family a file, which registers itself."""
