"""dL/dy behind a ReLU (and a dropout), laid out for whoever reads it next."""

from chainrule.engine.jit import kernel
from chainrule.engine.layout import place


@kernel
def copy_gradient(gy, gy_image, y, y_image, relu, scale, gz, gz_image, spread, first, last):
    """gz at pixel (spread i, spread j) = scale dL/dy at (i, j), or 0 where relu and y <= 0; samples first .. last-1.

    scale is that of a dropout behind the ReLU, whose y is 0 where it dropped; else 1. gz may be gy. What lies between
    and around those pixels is left as it is: zeros.
    """
    for s in range(first, last):
        for c in range(0, gy_image.channels, gy_image.lanes):
            for i in range(gy_image.height):
                g, v = place(gy_image, s, c, i, 0), place(y_image, s, c, i, 0)
                z = place(gz_image, s, c, i * spread, 0)
                for _ in range(gy_image.width):
                    for lane in range(gy_image.lanes):
                        dead = relu and y[v + lane] <= 0
                        gz[z + lane] = 0.0 if dead else scale * gy[g + lane]
                    g += gy_image.lanes
                    v += y_image.lanes
                    z += spread * gz_image.lanes
