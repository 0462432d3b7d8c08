"""What made a number of a trace: the products of the layer's own formula, whose sum it is.

    trace = chainrule.trace(network, x, t)
    print(trace.explain("conv1:3,5,7"))        # y[3,5,7] of conv1: a line for each product x . w, largest first, and b
    trace.explain("dL/conv1.w:3,0,1,1").terms  # dL/dy . x, one for each sample and pixel, with the units to go on with

`unit` reads what a unit is called, `explain` puts its terms together, `rules/` says for each type of layer what they
are, one family a file, and `loss_rules` for each loss. `field` says what a unit reads and what it affects, `numerical`
checks its derivative by the loss itself, `kernels` asks the compiled engine for it. `table` writes terms as text.
"""
