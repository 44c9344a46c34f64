"""Makes the models of the benchmark in a repository: LSTM language models and a MobileNetV2, with random weights.

    python build-scripts/make-benchmark-models.py FOLDER

Times do not depend on weights, so none are trained; the same seed gives the same bytes. The starter's digits model is copied
beside them. Objectives: 20 ms for digits, 100 ms for the language model, 200 ms for pictures.
"""

import argparse
import json
import pathlib
import shutil

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

ROOT = pathlib.Path(__file__).resolve().parent.parent


def write(folder, name, nodes, inputs, outputs, weights, slo_ms, config=None):
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info(*i) for i in inputs],
        [helper.make_tensor_value_info(*o) for o in outputs],
        [numpy_helper.from_array(w, n) for n, w in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    target = folder / name / "1"
    target.mkdir(parents=True, exist_ok=True)
    data = model.SerializeToString(deterministic=True)
    (target / "model.onnx").write_bytes(data)
    write_config(folder / name, slo_ms, config or {})
    print(f"{name}: {len(data) / 1e6:.1f} MB, objective {slo_ms} ms")


def write_config(folder, slo_ms, config):
    config["slo"] = {"latency_ms": slo_ms, "target": 0.98}
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")


def lstm(folder, words=10_000, hidden=650, layers=2, steps=20, seed=1):
    """Reads 20 words, gives the logits of the next one (Zaremba et al. 2014, "medium": two layers of 650)."""
    draw = np.random.default_rng(seed)

    def uniform(*shape):
        return draw.uniform(-0.05, 0.05, shape).astype(np.float32)

    # The LSTM operator wants time first: [batch, time, hidden] becomes [time, batch, hidden].
    weights = {"embedding": uniform(words, hidden), "last": np.array(steps - 1, np.int64), "axis": np.array([1], np.int64)}
    nodes = [
        helper.make_node("Gather", ["embedding", "tokens"], ["embedded"]),
        helper.make_node("Transpose", ["embedded"], ["x0"], perm=[1, 0, 2]),
    ]
    for layer in range(layers):
        weights[f"W{layer}"] = uniform(1, 4 * hidden, hidden)
        weights[f"R{layer}"] = uniform(1, 4 * hidden, hidden)
        weights[f"B{layer}"] = uniform(1, 8 * hidden)
        names = [f"x{layer}", f"W{layer}", f"R{layer}", f"B{layer}"]
        nodes.append(helper.make_node("LSTM", names, [f"y{layer}"], hidden_size=hidden))
        nodes.append(helper.make_node("Squeeze", [f"y{layer}", "axis"], [f"x{layer + 1}"]))
    weights["projection"] = uniform(hidden, words)
    weights["bias"] = uniform(words)
    nodes += [
        helper.make_node("Gather", [f"x{layers}", "last"], ["state"], axis=0),
        helper.make_node("MatMul", ["state", "projection"], ["scores"]),
        helper.make_node("Add", ["scores", "bias"], ["logits"]),
    ]
    write(
        folder,
        "lstm",
        nodes,
        [("tokens", TensorProto.INT64, ["batch", steps])],
        [("logits", TensorProto.FLOAT, ["batch", words])],
        weights,
        100,
    )


def step_lstm(folder, words=10_000, hidden=650, layers=2, seed=1):
    """The same network as a step: one token further from states that the engine keeps, for texts of any length."""
    draw = np.random.default_rng(seed)

    def uniform(*shape):
        return draw.uniform(-0.05, 0.05, shape).astype(np.float32)

    weights = {"embedding": uniform(words, hidden), "first": np.array([0], np.int64)}
    nodes = [
        helper.make_node("Transpose", ["token"], ["time_first"], perm=[1, 0]),
        helper.make_node("Gather", ["embedding", "time_first"], ["x0"]),
    ]
    inputs, outputs, states = [("token", TensorProto.INT64, ["batch", "time"])], [], {}
    for layer in range(layers):
        weights[f"W{layer}"] = uniform(1, 4 * hidden, hidden)
        weights[f"R{layer}"] = uniform(1, 4 * hidden, hidden)
        weights[f"B{layer}"] = uniform(1, 8 * hidden)
        for state in (f"h{layer}", f"c{layer}"):
            inputs.append((state, TensorProto.FLOAT, ["batch", hidden]))
            outputs.append((f"{state}_out", TensorProto.FLOAT, ["batch", hidden]))
            states[state] = f"{state}_out"
            nodes.append(helper.make_node("Unsqueeze", [state, "first"], [f"{state}_in"]))
        names = [f"x{layer}", f"W{layer}", f"R{layer}", f"B{layer}", "", f"h{layer}_in", f"c{layer}_in"]
        lasts = [f"y{layer}", f"h{layer}_last", f"c{layer}_last"]
        nodes.append(helper.make_node("LSTM", names, lasts, hidden_size=hidden))
        for state in (f"h{layer}", f"c{layer}"):
            nodes.append(helper.make_node("Squeeze", [f"{state}_last", "first"], [f"{state}_out"]))
        nodes.append(helper.make_node("Squeeze", [f"y{layer}", "one"], [f"x{layer + 1}"]))
    weights["one"] = np.array([1], np.int64)
    weights["projection"] = uniform(hidden, words)
    weights["bias"] = uniform(words)
    nodes.append(helper.make_node("Gemm", [f"h{layers - 1}_out", "projection", "bias"], ["logits"]))
    generation = {
        "states": states,
        "vocabulary": [f"w{word} " for word in range(words)],
        "start": [0],
        "tokens_max": 256,
        "slots": 32,
    }
    write(
        folder,
        "step_lstm",
        nodes,
        inputs,
        [("logits", TensorProto.FLOAT, ["batch", words])] + outputs,
        weights,
        2000,
        {"generation": generation},
    )


def mobilenet(folder, classes=1000, seed=1):
    """MobileNetV2 1.0 at 224 x 224 (Sandler et al. 2018, table 2), batch normalisation folded into the convolutions."""
    draw = np.random.default_rng(seed)
    nodes, weights = [], {}

    def convolution(x, inputs, outputs, size, stride=1, groups=1, activates=True):
        name = f"c{len(nodes)}"
        # He initialisation keeps activations of the same size through all layers.
        scale = np.sqrt(2 / (inputs // groups * size * size))
        weights[f"{name}.w"] = (draw.standard_normal((outputs, inputs // groups, size, size)) * scale).astype(np.float32)
        weights[f"{name}.b"] = np.zeros(outputs, np.float32)
        nodes.append(
            helper.make_node(
                "Conv", [x, f"{name}.w", f"{name}.b"], [name], strides=[stride, stride], group=groups,
                pads=[size // 2] * 4, kernel_shape=[size, size],
            )
        )
        if not activates:
            return name
        nodes.append(helper.make_node("Clip", [name, "zero", "six"], [f"{name}.r"]))
        return f"{name}.r"

    weights["zero"], weights["six"] = np.array(0, np.float32), np.array(6, np.float32)
    x, channels = convolution("image", 3, 32, 3, stride=2), 32
    for expansion, width, repeats, stride in [
        (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
    ]:
        for repeat in range(repeats):
            step = stride if repeat == 0 else 1
            inner = channels * expansion
            y = convolution(x, channels, inner, 1) if expansion > 1 else x
            y = convolution(y, inner, inner, 3, stride=step, groups=inner)
            y = convolution(y, inner, width, 1, activates=False)
            if step == 1 and channels == width:
                nodes.append(helper.make_node("Add", [x, y], [f"{y}.s"]))
                y = f"{y}.s"
            x, channels = y, width
    x = convolution(x, channels, 1280, 1)
    weights["classifier"] = (draw.standard_normal((1280, classes)) * 0.01).astype(np.float32)
    nodes += [
        helper.make_node("GlobalAveragePool", [x], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["features"]),
        helper.make_node("MatMul", ["features", "classifier"], ["logits"]),
    ]
    write(
        folder,
        "mobilenet",
        nodes,
        [("image", TensorProto.FLOAT, ["batch", 3, 224, 224])],
        [("logits", TensorProto.FLOAT, ["batch", classes])],
        weights,
        200,
    )


def digits(folder):
    source = ROOT / "template" / "models" / "digits"
    shutil.copytree(source, folder / "digits", dirs_exist_ok=True)
    config = json.loads((source / "config.json").read_text())
    write_config(folder / "digits", 20, config)
    print("digits: the starter model, objective 20 ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folder", type=pathlib.Path, help="where to put the repository")
    parser.add_argument("--units", type=int, default=650, help="of each layer of step_lstm; 1500 is the paper's \"large\"")
    arguments = parser.parse_args()
    folder = arguments.folder
    folder.mkdir(parents=True, exist_ok=True)
    digits(folder)
    lstm(folder)
    step_lstm(folder, hidden=arguments.units)
    mobilenet(folder)


if __name__ == "__main__":
    main()
