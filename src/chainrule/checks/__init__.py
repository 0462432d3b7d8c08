"""Is dL/dw the derivative of L? Of any objective, of a network, of a layer."""
