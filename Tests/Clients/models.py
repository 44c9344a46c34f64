"""Tiny ONNX models, each for one thing that a served model may do."""

import json
from pathlib import Path

from onnx import TensorProto as T
from onnx import helper, save

# Datatype of the protocol -> ONNX's.
TYPES = {
    "BOOL": T.BOOL,
    "UINT8": T.UINT8,
    "UINT16": T.UINT16,
    "UINT32": T.UINT32,
    "UINT64": T.UINT64,
    "INT8": T.INT8,
    "INT16": T.INT16,
    "INT32": T.INT32,
    "INT64": T.INT64,
    "FP16": T.FLOAT16,
    "FP32": T.FLOAT,
    "FP64": T.DOUBLE,
    "BYTES": T.STRING,
}


def _value(name: str, type: int, shape: list):
    return helper.make_tensor_value_info(name, type, shape)


def write(folder: Path, nodes, inputs, outputs, version=1, config: dict | None = None, constants=()) -> None:
    """Writes a model as one version of a model folder."""
    graph = helper.make_graph(nodes, folder.name, inputs, outputs, initializer=list(constants))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    (folder / str(version)).mkdir(parents=True, exist_ok=True)
    save(model, folder / str(version) / "model.onnx")
    if config is not None:
        (folder / "config.json").write_text(json.dumps(config))


def write_identity(folder: Path, type: int, shape: list, **options) -> None:
    """y = x."""
    node = helper.make_node("Identity", ["x"], ["y"])
    write(folder, [node], [_value("x", type, shape)], [_value("y", type, shape)], **options)


def write_repeat(folder: Path, times: int) -> None:
    """y = `times` copies of x, for answers that are too large."""
    node = helper.make_node("Tile", ["x", "times"], ["y"])
    constants = [helper.make_tensor("times", T.INT64, [2], [1, times])]
    write(folder, [node], [_value("x", T.FLOAT, ["n", 1])], [_value("y", T.FLOAT, ["n", times])], constants=constants)


def write_sums(folder: Path) -> None:
    """sum = a + b and difference = a - b, of the same free length."""
    nodes = [helper.make_node("Add", ["a", "b"], ["sum"]), helper.make_node("Sub", ["a", "b"], ["difference"])]
    inputs = [_value(name, T.FLOAT, ["n", "m"]) for name in ("a", "b")]
    write(folder, nodes, inputs, [_value(name, T.FLOAT, ["n", "m"]) for name in ("sum", "difference")])


def write_mixed(folder: Path) -> None:
    """Three inputs of three types, given back under other names."""
    kinds = [("text", T.STRING), ("number", T.INT64), ("flag", T.BOOL)]
    nodes = [helper.make_node("Identity", [name], [f"{name}_out"]) for name, _ in kinds]
    inputs = [_value(name, type, ["n"]) for name, type in kinds]
    write(folder, nodes, inputs, [_value(f"{name}_out", type, ["n"]) for name, type in kinds])


def write_transposed(folder: Path) -> None:
    """y = x with its axes the other way round, all of them free."""
    node = helper.make_node("Transpose", ["x"], ["y"], perm=[2, 1, 0])
    write(folder, [node], [_value("x", T.FLOAT, ["a", "b", "c"])], [_value("y", T.FLOAT, ["c", "b", "a"])])


# For models that answer with the picture they see: name -> (type, shape, preprocess).
PICTURE_MODELS = {
    "stretch": (T.UINT8, ["n", 3, 48, 64], {}),
    "crop": (T.FLOAT, ["n", 32, 40, 3], {"resize": "crop", "shortest": 44}),
    "cover": (T.FLOAT, ["n", 3, 30, 50], {"resize": "crop"}),
    "pad": (T.UINT8, ["n", 3, 40, 40], {"resize": "pad", "order": "bgr", "background": [10, 20, 30]}),
    "grey": (T.FLOAT, ["n", 1, 28, 28], {}),
    "flat": (T.FLOAT, ["n", 64], {"size": [8, 8]}),
    "single": (T.UINT8, [1, 3, 9, 9], {"pixels_max": 1_000_000}),
    "normal": (
        T.FLOAT, ["n", 3, "h", "w"],
        {"size": 24, "scale": 1 / 255, "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]},
    ),
    "wrong": (T.FLOAT, ["n", 3, 24, 24], {"size": [24, 25]}),
}


def write_picture_models(folder: Path) -> None:
    """Models that take pictures, and one that takes none."""
    for name, (type, shape, preprocess) in PICTURE_MODELS.items():
        write_identity(folder / name, type, shape, config={"preprocess": preprocess})
    write_identity(folder / "tensors", T.FLOAT, ["n", 3, 8, 8])
    # The mean of each channel as logits, so that the picture's colour is its class.
    node = helper.make_node("ReduceMean", ["x"], ["logits"], axes=[2, 3], keepdims=0)
    write(
        folder / "colours", [node], [_value("x", T.FLOAT, ["n", 3, 16, 16])], [_value("logits", T.FLOAT, ["n", 3])],
        config={
            "preprocess": {"scale": 1 / 64}, "softmax": True, "labels": {"logits": ["red", "green", "blue"]},
            "slo": {"latency_ms": 10_000, "target": 0.99},
        },
    )
    nodes = [helper.make_node("Add", ["one", "two"], ["sum"])]
    values = [_value(name, T.FLOAT, ["n", 3, 4, 4]) for name in ("one", "two")]
    write(
        folder / "pair", nodes, values, [_value("sum", T.FLOAT, ["n", 3, 4, 4])], config={"preprocess": {"input": "two"}}
    )


def write_all(folder: Path) -> None:
    for name, type in TYPES.items():
        write_identity(folder / f"same_{name.lower()}", type, ["n", "m"])
    write_identity(folder / "scalar", T.FLOAT, [])
    write_identity(folder / "vector", T.FLOAT, ["n"])
    write_identity(folder / "cube", T.FLOAT, ["a", "b", "c"])
    write_identity(
        folder / "scores", T.FLOAT, ["n", 4], config={"labels": {"y": ["ant", "bee", "cat \"1\", é"]}}
    )
    write_repeat(folder / "repeat", 2_000_000)
    write_sums(folder / "sums")
    write_mixed(folder / "mixed")
    write_transposed(folder / "transposed")
    for version, sign in ((1, "Identity"), (2, "Neg"), (10, "Abs")):
        node = helper.make_node(sign, ["x"], ["y"])
        ends = [_value("x", T.FLOAT, ["n"])], [_value("y", T.FLOAT, ["n"])]
        write(folder / "versions", [node], *ends, version=version)
