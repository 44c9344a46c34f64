#!/usr/bin/env python3
"""Trains the model `translator`, numbers and dates in words from English to German, and writes it to template/models/translator.

    pip install --requirement build-scripts/train-translator-requirements.txt && build-scripts/train-translator.py

An encoder-decoder with attention over bytes (Sutskever et al. 2014; Luong et al. 2015). The encoder is a bidirectional GRU. The decoder has
two GRUs: the first one's state asks for the place in the source (dot product, softmax), the second one continues with what stands there.
No choice feeds back into the attention but through the bytes written so far, so training runs over whole texts at once.

Two graphs come out. `encoder.onnx`: source [N, S] -> first states h1 [N, 128], h2 [N, 160], memory [N, 96, 128] and mask [N, 96] (0, or a
very negative number where the source has ended). `model.onnx`, one step or several: token [N, T] and these -> logits [N, 258] and the new
states h1_out, h2_out. The pairs that measure it are numbers and dates that training never saw, however written.
"""

import argparse
import json
import random
import sys
import time
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from number_words import pair
from torch import nn
from torch.nn.functional import cross_entropy
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence
from translator_graphs import FIRST, HIDDEN, MEMORY, SECOND, SOURCE_MAX, VOCABULARY, encoder_graph, states, step_graph

SEED = 1
START, END = 256, 257
# Bytes of the longest German text are 77.
TOKENS_MAX = 96
EMBEDDING = 48
BATCH, RATE = 64, 2e-3
# The rate follows one cycle (Smith 2018) of so many steps, and is cut short: in the last steps it goes to zero.
CYCLE, COOL_DOWN = 3000, 250
HELD_OUT, SAMPLES, ACCURACY_MIN = 2000, 200, 0.95
TARGET = Path(__file__).resolve().parents[1] / "template" / "models" / "translator"


class Translator(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.source = nn.Embedding(VOCABULARY, EMBEDDING)
        self.encoder = nn.GRU(EMBEDDING, MEMORY, bidirectional=True, batch_first=True)
        self.memory = nn.Linear(2 * MEMORY, MEMORY)
        self.begin = nn.Linear(2 * MEMORY, FIRST + SECOND)
        self.token = nn.Embedding(VOCABULARY, EMBEDDING)
        self.first = nn.GRU(EMBEDDING, FIRST, batch_first=True)
        self.query = nn.Linear(FIRST, MEMORY)
        self.second = nn.GRU(FIRST + MEMORY, SECOND, batch_first=True)
        self.logits = nn.Linear(SECOND + MEMORY, VOCABULARY)

    def encode(self, source: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """source [N, S], lengths [N] -> h1 [N, 128], h2 [N, 160], memory [N, S, 128], mask [N, S]."""
        packed = pack_padded_sequence(self.source(source), lengths, batch_first=True, enforce_sorted=False)
        states, last = self.encoder(packed)
        states, _ = pad_packed_sequence(states, batch_first=True)
        begin = torch.tanh(self.begin(torch.cat([last[0], last[1]], 1)))
        mask = torch.where(torch.arange(states.shape[1]) < lengths[:, None], 0.0, HIDDEN)
        return begin[:, :FIRST], begin[:, FIRST:], self.memory(states), mask

    def forward(self, source: torch.Tensor, lengths: torch.Tensor, token: torch.Tensor) -> torch.Tensor:
        """Logits [N, T, 258] of what follows each token [N, T] of the target."""
        h1, h2, memory, mask = self.encode(source, lengths)
        first, _ = self.first(self.token(token), h1[None].contiguous())
        scores = self.query(first) @ memory.transpose(1, 2) + mask[:, None]
        found = torch.softmax(scores, 2) @ memory
        second, _ = self.second(torch.cat([first, found], 2), h2[None].contiguous())
        return self.logits(torch.cat([second, found], 2))


def padded(rows: list[list[int]]) -> torch.Tensor:
    length = max(map(len, rows))
    return torch.tensor([row + [END] * (length - len(row)) for row in rows])


def tensors(pairs: list[tuple[str, str]]) -> tuple[torch.Tensor, ...]:
    """Source and its lengths, target tokens with START before and with END behind, and which of these count."""
    sources = [[*english.encode(), END] for english, _ in pairs]
    targets = [[*german.encode(), END] for _, german in pairs]
    counted = torch.arange(max(map(len, targets))) < torch.tensor([[len(row)] for row in targets])
    lengths = torch.tensor([len(row) for row in sources])
    return padded(sources), lengths, padded([[START, *row[:-1]] for row in targets]), padded(targets), counted


def train(steps: int) -> Translator:
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    generator = random.Random(SEED)
    model = Translator()
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=max(CYCLE, steps), pct_start=0.1)
    begin, mean = time.monotonic(), 0.0
    for step in range(1, steps + 1):
        source, lengths, token, target, counted = tensors([pair(generator) for _ in range(BATCH)])
        loss = cross_entropy(model(source, lengths, token)[counted], target[counted])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        for group in optimizer.param_groups:
            group["lr"] *= min(1, (steps - step) / COOL_DOWN)
        mean += 0.02 * (loss.item() - mean) if step > 1 else loss.item()
        if step % 100 == 0 or step == steps:
            print(f"step {step:5d} of {steps}  loss {mean:.5f}  {time.monotonic() - begin:5.0f} s", file=sys.stderr, flush=True)
    return model


class Decoder:
    """What a server does with the two graphs, as plainly as it can be said: the reference for it."""

    def __init__(self, folder: Path) -> None:
        self.encoder, self.step = (onnxruntime.InferenceSession(str(folder / name)) for name in ("encoder.onnx", "model.onnx"))

    def first(self, text: str) -> dict[str, np.ndarray]:
        source = np.array([[*text.encode(), END]], np.int64)
        return dict(zip(states(), self.encoder.run(list(states()), {"source": source})))

    def advance(self, tokens: list[list[int]], state: dict[str, np.ndarray]) -> np.ndarray:
        """Logits after tokens [N, T]; renews the state."""
        names = ["logits", "h1_out", "h2_out"]
        logits, state["h1"], state["h2"] = self.step.run(names, {"token": np.array(tokens, np.int64), **state})
        return logits

    def greedy(self, texts: list[str]) -> list[str]:
        """Translations of texts that are decoded together."""
        rows = [self.first(text) for text in texts]
        state = {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}
        tokens, written = [START] * len(texts), [[] for _ in texts]
        for _ in range(TOKENS_MAX):
            tokens = self.advance([[token] for token in tokens], state).argmax(1).tolist()
            for row, token in zip(written, tokens):
                row.append(token)
        return [bytes(row[: row.index(END)] if END in row else row).decode(errors="replace") for row in written]

    def check(self, model: Translator, pairs: list[tuple[str, str]]) -> None:
        """That both graphs say what the trained network says, step by step and several steps at once."""
        for english, german in pairs:
            source, lengths, token, _, _ = tensors([(english, german)])
            with torch.no_grad():
                expected = model(source, lengths, token)[0].numpy()
            state = self.first(english)
            stepwise = np.concatenate([self.advance([[one]], state) for one in token[0].tolist()])
            at_once = self.advance(token.tolist(), self.first(english))
            np.testing.assert_allclose(stepwise, expected, atol=1e-3)
            np.testing.assert_allclose(at_once[0], expected[-1], atol=1e-3)


def configuration() -> dict:
    return {
        "generation": {
            "token": "token", "logits": "logits", "states": {"h1": "h1_out", "h2": "h2_out"}, "vocabulary": "bytes",
            "start": [START], "end": [END], "tokens_max": TOKENS_MAX, "prompt_max": SOURCE_MAX - 1, "slots": 32, "encoder": "encoder.onnx",
        },
        "slo": {"latency_ms": 500, "target": 0.99},
    }  # fmt: skip


def write(model: Translator, steps: int) -> None:
    version, samples = TARGET / "1", TARGET / "samples"
    for folder in (version, samples):
        folder.mkdir(parents=True, exist_ok=True)
    values = {name: value.detach().numpy() for name, value in model.named_parameters()}
    onnx.save(encoder_graph(values), version / "encoder.onnx")
    onnx.save(step_graph(values), version / "model.onnx")
    (TARGET / "config.json").write_text(json.dumps(configuration(), indent=2) + "\n")

    generator = random.Random(SEED + 1)
    pairs = [pair(generator, held_out=True) for _ in range(HELD_OUT)]
    decoder = Decoder(version)
    decoder.check(model, pairs[:20])
    english, german = zip(*pairs)
    answers = [answer for begin in range(0, HELD_OUT, 50) for answer in decoder.greedy(list(english[begin : begin + 50]))]
    wrong = [(*both, answer) for both, answer in zip(pairs, answers) if answer != both[1]]
    accuracy = 1 - len(wrong) / HELD_OUT
    for source, expected, answer in wrong[:20]:
        print(f"{source}: {answer}, not {expected}", file=sys.stderr)
    if accuracy < ACCURACY_MIN:
        sys.exit(f"error: {accuracy:.2%} of {HELD_OUT} held-out texts are right, below {ACCURACY_MIN:.0%}; train for more --steps")
    (samples / "heldout.tsv").write_text("".join(f"{source}\t{target}\n" for source, target in pairs[:SAMPLES]))
    (samples / "README.md").write_text(
        f"""# Held-out samples

`heldout.tsv` has {SAMPLES} pairs of English and German that training never saw, however written: numbers to 999,999 and
dates in words, made by `build-scripts/number_words.py`. Of {HELD_OUT} such pairs the model translates {accuracy:.2%} exactly,
greedily (ONNX Runtime {onnxruntime.__version__}). It was trained by `build-scripts/train-translator.py --steps {steps}`
(PyTorch {torch.__version__}, seed {SEED}).
"""
    )
    size = sum(file.stat().st_size for file in version.iterdir())
    print(f"{accuracy:.2%} of {HELD_OUT} held-out texts are right; {size / 1e6:.1f} MB in {version}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Trains the model `translator`.")
    parser.add_argument("--steps", type=int, default=1800, help=f"batches of {BATCH} pairs to train on (1800: some 10 minutes)")
    steps = parser.parse_args().steps
    write(train(steps), steps)


if __name__ == "__main__":
    main()
