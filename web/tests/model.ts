/** A small residual network, as the server describes one. */
import type { Layer, Model } from "../src/api/types";

const layer = (name: string, type: string, inputs: string[], parameters: Layer["parameters"] = [], shape = [2, 4, 4]): Layer => ({
  name, type, text: type, shape, x_shape: [2, 4, 4], inputs, parameters,
});

export const MODEL: Model = {
  name: "small", preset: null, origin: null, text: "", shape: [1, 4, 4], classes: null, in_bytes: true, pictures: true, kind: "digit", data: true, columns: null,
  loss: { name: "LogSoftmaxNLL", text: "" }, eta: 0.01, dtype: "float32", parameters: 0,
  layers: [
    layer("conv1", "Convolution", ["x"], [{ name: "conv1.w", shape: [2, 1, 3, 3], size: 18 }]),
    layer("block1.conv1", "Convolution", ["conv1"], [{ name: "block1.conv1.w", shape: [2, 2, 3, 3], size: 36 }]),
    layer("block1.sum", "Addition", ["block1.conv1", "conv1"]),
    layer("fc1", "Linear", ["block1.sum"], [], [10]),
  ],
};
