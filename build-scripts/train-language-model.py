#!/usr/bin/env python3
"""Trains the language model `scripture`: a byte-level LSTM that goes on writing in the language of the King James Bible.

    pip install --requirement build-scripts/train-language-requirements.txt && build-scripts/train-language-model.py [--epochs 3]

The text is Debian's package bible-kjv-text, which `apt-get download` fetches: a translation of 1611, in the public domain, packed so that
everyone may "copy, modify or distribute" it. A document is a chapter, a verse a line; every 20th chapter is held out, never trained on.

The network is one layer of long short-term memory (Hochreiter and Schmidhuber 1997) over bytes, trained by truncated backpropagation
through time. It is measured in bits per byte on the held-out chapters, beside n-gram models of the same bytes (interpolated as by Witten
and Bell 1991): a network that is worse than five-grams is not written. Three epochs take 20 minutes on one core. Same seed, same machine,
same weights.

This text repeats itself word for word, so that tables of longer contexts, which know it by heart, are still better than so small a
network after so few epochs; their figures are written as well.
"""

import argparse
import collections
import hashlib
import json
import math
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

TARGET = Path(__file__).resolve().parents[1] / "template" / "models" / "scripture"
PACKAGES = ["bible-kjv", "bible-kjv-text"]
VERSE = re.compile(r"([1-4]?[A-Za-z]+)(\d+):(\d+) (.*)")
# Put before and after each document.
BOUNDARY = 256
VOCABULARY = 257
EMBEDDING, HIDDEN = 64, 448
BATCH, STEPS = 32, 128
LEARNING_RATE = 3e-3
N_GRAM_ORDERS = [3, 4, 5, 6]
# The network must beat this one.
N_GRAM_BEATEN = 5
SAMPLE_BYTES = 4000


def chapters(folder: Path) -> list[bytes]:
    """The chapters in their order, a verse a line, read by the program that comes with the text."""
    subprocess.run(["apt-get", "download", "-q", *PACKAGES], cwd=folder, check=True)
    for package in folder.glob("*.deb"):
        subprocess.run(["dpkg-deb", "--extract", package, folder], check=True)
    command = [folder / "usr/bin/bible", "-f", "-p", folder / "usr/lib", "gen1:1-rev22:21"]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found: dict[tuple[str, str], list[str]] = collections.defaultdict(list)
    for line in text.splitlines():
        if match := VERSE.match(line.strip()):
            found[match[1], match[2]].append(re.sub(r"\s+", " ", match[4]).strip())
    return [("\n".join(verses) + "\n").encode() for verses in found.values()]


def tokens(documents: list[bytes]) -> np.ndarray:
    """All documents one after the other, with a boundary between them and at both ends."""
    ids = [BOUNDARY]
    for document in documents:
        ids += [*document, BOUNDARY]
    return np.array(ids, np.int64)


class Network(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding = torch.nn.Embedding(VOCABULARY, EMBEDDING)
        self.lstm = torch.nn.LSTM(EMBEDDING, HIDDEN, batch_first=True)
        self.projection = torch.nn.Linear(HIDDEN, VOCABULARY)

    def forward(self, ids, state=None, dropout=0.0):
        """ids [N, T] -> logits [N, T, VOCABULARY], state."""
        hidden, state = self.lstm(self.embedding(ids), state)
        return self.projection(torch.nn.functional.dropout(hidden, dropout)), state


def train(network: Network, ids: np.ndarray, epochs: int) -> None:
    """One cycle of the learning rate: up in the first 2 % of the steps, then down along a cosine."""
    rows = torch.from_numpy(ids[: len(ids) // BATCH * BATCH].reshape(BATCH, -1))
    steps_each = (rows.shape[1] - 2 * STEPS) // STEPS
    optimizer = torch.optim.Adam(network.parameters(), betas=(0.9, 0.99))
    losses: list[float] = []
    for epoch in range(epochs):
        # Each epoch cuts the text at other places.
        offset, state = int(torch.randint(0, STEPS, ())), None
        for step in range(steps_each):
            done = (epoch * steps_each + step) / (epochs * steps_each)
            for group in optimizer.param_groups:
                group["lr"] = LEARNING_RATE * min(done / 0.02, 0.5 * (1 + math.cos(math.pi * done))) + 1e-5
            place = offset + step * STEPS
            inputs, targets = rows[:, place : place + STEPS], rows[:, place + 1 : place + STEPS + 1]
            logits, state = network(inputs, state, dropout=0.1)
            state = tuple(tensor.detach() for tensor in state)
            loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            losses.append(loss.item())
            if step % 50 == 49:
                print(f"{done:4.0%}: {np.mean(losses[-50:]) / math.log(2):.3f} bits per byte", flush=True)


def bits(network: Network, documents: list[bytes]) -> float:
    """Bits per byte over documents, each from its boundary on; its end is not counted."""
    total = 0.0
    with torch.no_grad():
        for document in documents:
            ids = torch.tensor([[BOUNDARY, *document]])
            logits, _ = network(ids[:, :-1])
            total += float(torch.nn.functional.cross_entropy(logits[0], ids[0, 1:], reduction="sum"))
    return total / math.log(2) / sum(map(len, documents))


class NGrams:
    """Bytes predicted by the `order` - 1 before them: every order interpolated with the next lower one (Witten and Bell 1991)."""

    def __init__(self, documents: list[bytes], order: int) -> None:
        self.order = order
        self.counts = [collections.defaultdict(collections.Counter) for _ in range(order)]
        for document in documents:
            text = b"\n" + document
            for place in range(1, len(text)):
                for length in range(min(order - 1, place) + 1):
                    self.counts[length][text[place - length : place]][text[place]] += 1
        self.totals = [{context: sum(c.values()) for context, c in level.items()} for level in self.counts]

    def probability(self, context: bytes, byte: int) -> float:
        result = 1 / 256
        for length in range(min(self.order - 1, len(context)) + 1):
            suffix = context[len(context) - length :]
            if (total := self.totals[length].get(suffix)) is None:
                break
            counts = self.counts[length][suffix]
            result = (counts.get(byte, 0) + len(counts) * result) / (total + len(counts))
        return result

    def bits(self, documents: list[bytes]) -> float:
        total = 0.0
        for document in documents:
            text = b"\n" + document
            for place in range(1, len(text)):
                context = text[max(0, place - self.order + 1) : place]
                total -= math.log2(self.probability(context, text[place]))
        return total / sum(map(len, documents))


def graph(network: Network) -> onnx.ModelProto:
    """token [N, T], h [N, HIDDEN], c [N, HIDDEN] -> logits [N, VOCABULARY] after the last token, h_out, c_out."""
    weights = {name: tensor.detach().numpy() for name, tensor in network.state_dict().items()}

    def gates(matrix: np.ndarray) -> np.ndarray:
        """Torch's order of the gates is i, f, g, o; ONNX's is i, o, f, g."""
        i, f, g, o = np.split(matrix, 4)
        return np.concatenate([i, o, f, g])[None]

    bias = np.concatenate([gates(weights["lstm.bias_ih_l0"]), gates(weights["lstm.bias_hh_l0"])], axis=1)
    constants = {
        "embedding": weights["embedding.weight"],
        "W": gates(weights["lstm.weight_ih_l0"]),
        "R": gates(weights["lstm.weight_hh_l0"]),
        "B": bias,
        "projection": np.ascontiguousarray(weights["projection.weight"].T),
        "projection_bias": weights["projection.bias"],
        "first": np.array([0], np.int64),
    }
    nodes = [
        helper.make_node("Transpose", ["token"], ["token_t"], perm=[1, 0]),
        helper.make_node("Gather", ["embedding", "token_t"], ["x"]),
        helper.make_node("Unsqueeze", ["h", "first"], ["h_in"]),
        helper.make_node("Unsqueeze", ["c", "first"], ["c_in"]),
        helper.make_node("LSTM", ["x", "W", "R", "B", "", "h_in", "c_in"], ["", "h_last", "c_last"], hidden_size=HIDDEN),
        helper.make_node("Squeeze", ["h_last", "first"], ["h_out"]),
        helper.make_node("Squeeze", ["c_last", "first"], ["c_out"]),
        helper.make_node("Gemm", ["h_out", "projection", "projection_bias"], ["logits"]),
    ]
    def state(name: str):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", HIDDEN])

    model = helper.make_model(
        helper.make_graph(
            nodes,
            "scripture",
            [helper.make_tensor_value_info("token", TensorProto.INT64, ["batch", "time"]), state("h"), state("c")],
            [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", VOCABULARY]), state("h_out"), state("c_out")],
            [numpy_helper.from_array(np.ascontiguousarray(tensor), name) for name, tensor in constants.items()],
        ),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
        producer_name="train-language-model.py",
    )
    onnx.checker.check_model(model, full_check=True)
    return model


CONFIG = {
    "generation": {
        "token": "token",
        "logits": "logits",
        "states": {"h": "h_out", "c": "c_out"},
        "vocabulary": "bytes",
        "start": [BOUNDARY],
        "end": [BOUNDARY],
        "tokens_max": 1024,
        "slots": 32,
    },
    "slo": {"latency_ms": 10000, "target": 0.99},
}

README = """# scripture

A byte-level language model: goes on writing in the language of the King James Bible. Made by build-scripts/train-language-model.py.

- Text: the King James Version (1611, public domain) as packed in Debian's bible-kjv-text, whose legend reads "Users may copy, modify or
  distribute this file at will". {train:,} bytes trained on, {held_out:,} bytes of every 20th chapter held out.
- Network: one LSTM layer of {hidden} units, {parameters:,} weights.
- On the held-out text: **{bits:.3f} bits per byte** (perplexity {perplexity:.2f} a byte) after {epochs} epochs. n-gram models of the same text: {baselines} bits
  per byte. The text repeats itself word for word, so long contexts that are kept in a table still beat so small a network.
- `samples/heldout.txt`: one held-out chapter, on which the tests measure the model again: {sample:.3f} bits per byte.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    torch.manual_seed(arguments.seed)
    torch.set_num_threads(arguments.threads)
    with tempfile.TemporaryDirectory() as folder:
        documents = chapters(Path(folder))
    held_out = documents[10::20]
    trained = [document for index, document in enumerate(documents) if index % 20 != 10]
    digest = hashlib.sha256(b"".join(documents)).hexdigest()[:16]
    print(f"{len(documents)} chapters, {sum(map(len, documents)):,} bytes, sha256 {digest}…; {len(held_out)} held out", flush=True)
    baselines = {order: NGrams(trained, order).bits(held_out) for order in N_GRAM_ORDERS}
    named = ", ".join(f"{value:.3f} (n = {order})" for order, value in baselines.items())
    print(f"n-grams: {named} bits per byte", flush=True)
    network = Network()
    train(network, tokens(trained), arguments.epochs)
    result = bits(network, held_out)
    print(f"the network: {result:.3f} bits per byte on held-out text")
    if result >= baselines[N_GRAM_BEATEN]:
        sys.exit(f"error: n-grams of {N_GRAM_BEATEN} are better; nothing was written. Train for longer with --epochs")
    write(network, arguments.epochs, result, named, baselines, trained, held_out)


def write(network, epochs, result, named, baselines, trained, held_out) -> None:
    (TARGET / "1").mkdir(parents=True, exist_ok=True)
    (TARGET / "samples").mkdir(exist_ok=True)
    sample = min(held_out, key=lambda document: abs(len(document) - SAMPLE_BYTES))
    (TARGET / "samples" / "heldout.txt").write_bytes(sample)
    figures = {
        "bits_per_byte": round(result, 4),
        "n_gram_bits_per_byte": {str(order): round(value, 4) for order, value in baselines.items()},
        "sample_bits_per_byte": round(bits(network, [sample]), 4),
    }
    (TARGET / "samples" / "figures.json").write_text(json.dumps(figures, indent=2) + "\n")
    (TARGET / "1" / "model.onnx").write_bytes(graph(network).SerializeToString(deterministic=True))
    (TARGET / "config.json").write_text(json.dumps(CONFIG, indent=2) + "\n")
    (TARGET / "samples" / "README.md").write_text(
        README.format(
            train=sum(map(len, trained)),
            held_out=sum(map(len, held_out)),
            hidden=HIDDEN,
            epochs=epochs,
            parameters=sum(tensor.numel() for tensor in network.parameters()),
            bits=result,
            perplexity=2**result,
            baselines=named,
            sample=figures["sample_bits_per_byte"],
        )
    )
    print(f"wrote {TARGET}")


if __name__ == "__main__":
    main()
