"""The two graphs of the translator, written node by node from trained weights: same weights, same bytes."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

VOCABULARY, SOURCE_MAX = 258, 96
MEMORY, FIRST, SECOND = 128, 128, 160
# What hides a place from the attention.
HIDDEN = -1e9


class Graph:
    """Nodes and weights of a graph that is being written."""

    def __init__(self, values: dict[str, np.ndarray]) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: dict[str, np.ndarray] = {}
        self.values = values

    def node(self, kind: str, inputs: list[str], output: str, **attributes) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def constant(self, name: str, value: np.ndarray) -> str:
        self.weights[name] = value
        return name

    def embedding(self, layer: str, ids: str) -> str:
        """[N, T] -> [T, N, values], as ONNX has its GRU."""
        table = self.constant(f"{layer}_table", self.values[f"{layer}.weight"])
        return self.node("Transpose", [self.node("Gather", [table, ids], f"{layer}_rows")], f"{layer}_values", perm=[1, 0, 2])

    def linear(self, layer: str, values: str, output: str) -> str:
        weights = self.constant(f"{layer}_weights", np.ascontiguousarray(self.values[f"{layer}.weight"].T))
        bias = self.constant(f"{layer}_bias", self.values[f"{layer}.bias"])
        return self.node("Add", [self.node("MatMul", [values, weights], f"{layer}_product"), bias], output)

    def gru(self, layer: str, values: str, state: str, outputs: list[str]) -> None:
        """values [T, N, inputs] -> all states [T, directions, N, units] and the last [directions, N, units].

        PyTorch has its gates in the order reset, update, new; ONNX update, reset, new.
        """
        names = [f"{layer}.{{}}_l0", f"{layer}.{{}}_l0_reverse"]
        directions = [name for name in names if name.format("weight_ih") in self.values]

        def gates(name: str) -> np.ndarray:
            reset, update, new = np.split(self.values[name], 3)
            return np.concatenate([update, reset, new])

        def stacked(*parts: str) -> np.ndarray:
            return np.stack([np.concatenate([gates(name.format(part)) for part in parts]) for name in directions])

        inputs = [
            values,
            self.constant(f"{layer}_inputs", stacked("weight_ih")),
            self.constant(f"{layer}_recurrent", stacked("weight_hh")),
            self.constant(f"{layer}_biases", stacked("bias_ih", "bias_hh")),
            "",
            state,
        ]
        direction = "bidirectional" if len(directions) == 2 else "forward"
        units = self.values[names[0].format("weight_hh")].shape[1]
        self.nodes.append(
            helper.make_node("GRU", inputs, outputs, hidden_size=units, direction=direction, linear_before_reset=1)
        )

    def model(self, name: str, inputs: dict[str, list], outputs: dict[str, list]) -> onnx.ModelProto:
        def infos(shapes: dict[str, list]) -> list[onnx.ValueInfoProto]:
            kinds = {"source": TensorProto.INT64, "token": TensorProto.INT64}
            return [
                helper.make_tensor_value_info(name, kinds.get(name, TensorProto.FLOAT), shape) for name, shape in shapes.items()
            ]

        weights = [numpy_helper.from_array(value, name) for name, value in self.weights.items()]
        model = helper.make_model(
            helper.make_graph(self.nodes, name, infos(inputs), infos(outputs), weights),
            opset_imports=[helper.make_opsetid("", 17)],
            ir_version=8,
            producer_name="train-translator.py",
        )
        onnx.checker.check_model(model, full_check=True)
        return model


def encoder_graph(values: dict[str, np.ndarray]) -> onnx.ModelProto:
    graph = Graph(values)
    graph.gru("encoder", graph.embedding("source", "source"), "", ["all", "last"])
    # [S, 2, N, 128] -> [N, S, 256]; [2, N, 128] -> [N, 256].
    graph.node("Transpose", ["all"], "all_rows", perm=[2, 0, 1, 3])
    graph.node("Reshape", ["all_rows", graph.constant("joined", np.array([0, 0, 2 * MEMORY]))], "all_joined")
    graph.node("Transpose", ["last"], "last_rows", perm=[1, 0, 2])
    graph.node("Reshape", ["last_rows", graph.constant("flat", np.array([0, 2 * MEMORY]))], "last_joined")
    graph.node("Tanh", [graph.linear("begin", "last_joined", "begin_sum")], "begin")
    graph.nodes.append(
        helper.make_node("Split", ["begin", graph.constant("sizes", np.array([FIRST, SECOND]))], ["h1", "h2"], axis=1)
    )
    # Both padded to 96 places: the memory with zeros, the mask, zeros as long as the source, with what hides a place.
    graph.node("Shape", ["source"], "shape")
    graph.node("Gather", ["shape", graph.constant("second", np.array([1]))], "length")
    graph.node("Sub", [graph.constant("places", np.array([SOURCE_MAX])), "length"], "missing")
    nothing = graph.constant("nothing", np.array([0]))
    graph.node("Concat", [nothing, nothing, nothing, nothing, "missing", nothing], "memory_pads", axis=0)
    graph.node("Concat", [nothing, nothing, nothing, "missing"], "mask_pads", axis=0)
    graph.node("Pad", [graph.linear("memory", "all_joined", "memory_values"), "memory_pads"], "memory")
    graph.node("ConstantOfShape", ["shape"], "mask_values")
    graph.node("Pad", ["mask_values", "mask_pads", graph.constant("hidden", np.float32(HIDDEN))], "mask")
    return graph.model("encoder", {"source": ["batch", "length"]}, states())


def states(suffix: str = "") -> dict[str, list]:
    shapes = {"h1": ["batch", FIRST], "h2": ["batch", SECOND], "memory": ["batch", SOURCE_MAX, MEMORY], "mask": ["batch", SOURCE_MAX]}
    return {name + suffix: shape for name, shape in shapes.items()}


def step_graph(values: dict[str, np.ndarray]) -> onnx.ModelProto:
    graph = Graph(values)
    first_axis = graph.constant("first_axis", np.array([0]))
    for name in ("h1", "h2"):
        graph.node("Unsqueeze", [name, first_axis], f"{name}_begin")
    graph.gru("first", graph.embedding("token", "token"), "h1_begin", ["first_all", "first_last"])
    # [T, 1, N, 128] -> [N, T, 128], as the memory is [N, S, 128].
    direction = graph.constant("direction", np.array([1]))
    graph.node("Squeeze", ["first_all", direction], "first_values")
    query = graph.linear("query", graph.node("Transpose", ["first_values"], "first_rows", perm=[1, 0, 2]), "query")
    scores = graph.node("MatMul", [query, graph.node("Transpose", ["memory"], "keys", perm=[0, 2, 1])], "scores")
    graph.node("Add", [scores, graph.node("Unsqueeze", ["mask", direction], "mask_rows")], "visible")
    graph.node("MatMul", [graph.node("Softmax", ["visible"], "attention", axis=2), "memory"], "found")
    graph.node("Concat", ["first_rows", "found"], "second_rows", axis=2)
    graph.gru(
        "second", graph.node("Transpose", ["second_rows"], "second_values", perm=[1, 0, 2]), "h2_begin", ["", "second_last"]
    )
    for layer, state in (("first", "h1_out"), ("second", "h2_out")):
        graph.node("Squeeze", [f"{layer}_last", first_axis], state)
    # Only the last position is asked for.
    graph.node("Gather", ["found", graph.constant("last", np.array(-1))], "found_last", axis=1)
    graph.linear("logits", graph.node("Concat", ["h2_out", "found_last"], "features", axis=1), "logits")
    renewed = {name: shape for name, shape in states("_out").items() if name.startswith("h")}
    return graph.model(
        "translator", {"token": ["batch", "time"], **states()}, {"logits": ["batch", VOCABULARY], **renewed}
    )
