"""Pictures as clients send them, made by Pillow and compared with what Pillow and numpy make of them; and hostile ones."""

import base64
import http.client
import io
import json
import random
import struct
import subprocess
import threading
import zlib
from pathlib import Path

import numpy as np
import pytest
import tritonclient.http as triton
from backend import Backend, MarkProcess, mark_program
from function import refused
from models import PICTURE_MODELS
from PIL import Image, ImageOps
from runtime_api import ROOT

SAMPLES = ROOT / "template" / "models" / "digits" / "samples"
RANDOM = np.random.default_rng(1)


# MARK: Pictures


def noise(width: int, height: int, channels: int = 3) -> Image.Image:
    samples = RANDOM.integers(0, 256, (height, width, channels), np.uint8)
    return Image.fromarray(samples.squeeze(2) if channels == 1 else samples)


def photo(width: int, height: int) -> Image.Image:
    """As smooth as a photograph, with edges in it."""
    y, x = np.mgrid[0:height, 0:width] / max(width, height)
    waves = [np.sin(17 * x + 5 * y), np.cos(13 * y * x), np.sin(29 * (x - y))]
    samples = np.stack([128 + 90 * wave for wave in waves], axis=2)
    samples[height // 4 : height // 2, width // 3 : width // 2] = [250, 20, 90]
    return Image.fromarray(samples.astype(np.uint8))


def encoded(picture: Image.Image, format: str, **options) -> bytes:
    file = io.BytesIO()
    picture.save(file, format, **options)
    return file.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, depth: int, colour: int, data: bytes, interlaced=0, extra: bytes = b"") -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def interlaced(picture: Image.Image) -> bytes:
    """A PNG in Adam7's seven passes, which Pillow reads and does not write."""
    samples, lines = np.asarray(picture), b""
    for x, y, right, down in [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]:
        part = samples[y::down, x::right]
        if part.size:
            lines += b"".join(b"\0" + row.tobytes() for row in part)
    return png(picture.width, picture.height, 8, 2, zlib.compress(lines), interlaced=1)


def sixteen_bits(width: int, height: int, colour: int, channels: int) -> bytes:
    samples = RANDOM.integers(0, 65536, (height, width * channels), np.uint16)
    return png(width, height, 16, colour, zlib.compress(b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples)))


def with_transparency(picture: Image.Image) -> Image.Image:
    picture.putalpha(noise(picture.width, picture.height, 1))
    return picture


KINDS = {
    "colour PNG": encoded(noise(70, 50), "PNG"),
    "grey PNG": encoded(noise(70, 50, 1), "PNG"),
    "palette PNG": encoded(noise(70, 50).quantize(200), "PNG"),
    "palette PNG with transparency": encoded(noise(70, 50).quantize(200), "PNG", transparency=3),
    "two-colour PNG": encoded(noise(70, 50, 1).convert("1"), "PNG"),
    "four-colour PNG": encoded(noise(70, 50).quantize(4), "PNG", bits=2),
    "interlaced PNG": interlaced(noise(70, 50)),
    "transparent PNG": encoded(with_transparency(noise(70, 50)), "PNG"),
    "transparent grey PNG": encoded(with_transparency(noise(70, 50, 1)), "PNG"),
    "PNG of 16 bits": sixteen_bits(70, 50, 2, 3),
    "transparent PNG of 16 bits": sixteen_bits(70, 50, 6, 4),
    "PNG of one pixel": encoded(noise(1, 1), "PNG"),
    "wide PNG": encoded(noise(500, 1), "PNG"),
    "high PNG": encoded(noise(1, 500), "PNG"),
    "JPEG": encoded(photo(70, 50), "JPEG"),
    "JPEG of full colour": encoded(photo(70, 50), "JPEG", subsampling=0, quality=95),
    "progressive JPEG": encoded(photo(71, 53), "JPEG", progressive=True),
    "grey JPEG": encoded(photo(70, 50).convert("L"), "JPEG"),
    "JPEG of one pixel": encoded(noise(1, 1), "JPEG"),
    "wide JPEG": encoded(photo(300, 2), "JPEG"),
    "CMYK JPEG": encoded(photo(70, 50).convert("CMYK"), "JPEG"),
}


def opened(file: bytes) -> Image.Image:
    """Upright and in colour; 16 bits by their upper 8, as Pillow does it for colour."""
    return ImageOps.exif_transpose(Image.open(io.BytesIO(file))).convert("RGB")


def resized(picture: Image.Image, width: int, height: int) -> np.ndarray:
    return np.asarray(picture.resize((width, height), Image.Resampling.BILINEAR), np.float32)


def seen(service, model: str, *files: bytes) -> np.ndarray:
    """What the model sees of pictures: its answer is its input."""
    tensor = triton.InferInput("x", [len(files)], "BYTES")
    tensor.set_data_from_numpy(np.array(files, dtype=object))
    output = triton.InferRequestedOutput("y", binary_data=True)
    body, length = triton.InferenceServerClient.generate_request_body([tensor], outputs=[output])
    answer = service.infer(
        model, body, content_type="application/octet-stream", inference_header_content_length=str(length)
    )
    assert answer.status == 200, answer.body[:500]
    header, [data] = answer.tensors
    type = {"UINT8": np.uint8, "FP32": np.float32}[header["outputs"][0]["datatype"]]
    return np.frombuffer(data, type).reshape(header["outputs"][0]["shape"]).astype(np.float32)


def close(one: np.ndarray, other: np.ndarray, level: float = 2) -> None:
    assert one.shape == other.shape
    assert np.abs(one - other).max() <= level


# MARK: As Pillow does it


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_seen_as_pillow_sees_it(gallery, kind):
    expected = resized(opened(KINDS[kind]), 64, 48).transpose(2, 0, 1)
    # Pillow takes another way from inks to colours, by a table.
    close(seen(gallery, "stretch", KINDS[kind])[0], expected, 3 if "CMYK" in kind else 2)


@pytest.mark.parametrize("format", ["JPEG", "PNG"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_turned_upright_as_its_exif_says(gallery, orientation, format):
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = encoded(photo(90, 61), format, exif=exif.tobytes())
    close(seen(gallery, "stretch", file)[0], resized(opened(file), 64, 48).transpose(2, 0, 1))
    picture = opened(file)
    width, height = (int(44 * side / min(picture.size)) for side in picture.size)
    whole = resized(picture, width, height)
    top, left = int(round((height - 32) / 2.0)), int(round((width - 40) / 2.0))
    close(seen(gallery, "crop", file)[0], whole[top : top + 32, left : left + 40])


@pytest.mark.parametrize("size", [(3, 2), (64, 48), (65, 47), (200, 150), (640, 481), (31, 900), (1000, 40)])
def test_any_size_is_resized_as_pillow_resizes_it(gallery, size):
    picture = noise(*size)
    close(seen(gallery, "stretch", encoded(picture, "PNG"))[0], resized(picture, 64, 48).transpose(2, 0, 1), 1)


def test_a_picture_is_cut_to_cover_the_size(gallery):
    picture = noise(90, 40)
    close(seen(gallery, "cover", encoded(picture, "PNG"))[0], resized(picture, 68, 30)[:, 9:59].transpose(2, 0, 1))


def test_a_picture_is_padded_in_the_models_order_of_channels(gallery):
    picture = noise(80, 50)
    expected = np.zeros((40, 40, 3), np.float32) + [10, 20, 30]
    expected[7:32] = resized(picture, 40, 25)
    close(seen(gallery, "pad", encoded(picture, "PNG"))[0], expected[:, :, ::-1].transpose(2, 0, 1))


def test_transparent_pixels_show_the_background(gallery):
    picture = with_transparency(noise(40, 40))
    behind = Image.new("RGBA", (40, 40), (10, 20, 30, 255))
    behind.alpha_composite(picture)
    expected = np.asarray(behind.convert("RGB"), np.float32)[:, :, ::-1].transpose(2, 0, 1)
    close(seen(gallery, "pad", encoded(picture, "PNG"))[0], expected)


@pytest.mark.parametrize("format", ["JPEG", "PNG"])
def test_colours_become_grey(gallery, format):
    file = encoded(photo(50, 40), format)
    picture = Image.open(io.BytesIO(file))
    # The brightness that a JPEG holds is taken as it is, not out of colours that were cut to 255.
    picture.draft("L", picture.size)
    expected = np.asarray(picture.resize((28, 28), Image.Resampling.BILINEAR).convert("L"), np.float32)
    close(seen(gallery, "grey", file)[0, 0], expected)


def test_samples_are_scaled_and_normalised(gallery):
    picture = noise(40, 30)
    expected = (resized(picture, 24, 24) / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    answer = seen(gallery, "normal", encoded(picture, "PNG"))
    assert answer.shape == (1, 3, 24, 24)
    close(answer[0], expected.transpose(2, 0, 1), 1 / 255 / 0.22)


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("size", [(2000, 1500), (1001, 777), (515, 3000)])
def test_a_large_jpeg_decoded_small_looks_the_same(gallery, size, progressive):
    file = encoded(photo(*size), "JPEG", progressive=progressive)
    difference = np.abs(seen(gallery, "stretch", file)[0] - resized(opened(file), 64, 48).transpose(2, 0, 1))
    assert difference.mean() < 0.5 and difference.max() <= 8


# MARK: Ways to send


def test_several_pictures_are_one_batch(gallery):
    files = [KINDS["JPEG"], KINDS["colour PNG"], KINDS["grey JPEG"]]
    together = seen(gallery, "stretch", *files)
    assert all(np.array_equal(one, seen(gallery, "stretch", file)[0]) for one, file in zip(together, files))


def test_json_carries_pictures_in_base64(gallery):
    texts = [base64.b64encode(KINDS[kind]).decode() for kind in ("JPEG", "colour PNG")]
    request = {"inputs": [{"name": "x", "datatype": "BYTES", "shape": [2, 1], "data": texts}]}
    answer = gallery.infer("stretch", request)
    assert answer.json["outputs"][0]["shape"] == [2, 3, 48, 64]
    assert answer.json["outputs"][0]["data"][: 3 * 48 * 64] == seen(gallery, "stretch", KINDS["JPEG"]).ravel().tolist()


def test_tensors_are_taken_as_before(gallery):
    request = {"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 64], "data": list(range(64))}]}
    assert gallery.infer("flat", request).json["outputs"][0]["data"] == list(range(64))


def test_a_picture_may_be_one_input_of_several(gallery):
    one = {"name": "one", "datatype": "FP32", "shape": [1, 3, 4, 4], "data": [1] * 48}
    two = {"name": "two", "datatype": "BYTES", "shape": [1], "data": [base64.b64encode(KINDS["JPEG"]).decode()]}
    answer = gallery.infer("pair", {"inputs": [one, two]})
    assert answer.status == 200 and answer.json["outputs"][0]["shape"] == [1, 3, 4, 4]
    refused(gallery, gallery.infer("pair", KINDS["JPEG"], content_type="image/jpeg"), "2 inputs", "BYTES")


def test_the_models_metadata_names_the_input_for_pictures(gallery):
    assert gallery.http("GET", "/v2/models/stretch").json["parameters"] == {"pictures": "x"}
    assert "parameters" not in gallery.http("GET", "/v2/models/tensors").json


@pytest.mark.parametrize("type", ["image/png", "image/jpeg", "IMAGE/PNG", "image/*"])
def test_a_picture_by_itself_is_classified(function, type):
    answer = function.infer("digits", (SAMPLES / "7-1.png").read_bytes(), content_type=type)
    assert answer.status == 200 and answer.headers["content-type"] == "application/json"
    classes = answer.json["classes"]
    assert len(classes) == 5 and classes[0]["label"] == "7" and classes[0]["index"] == 7
    probabilities = [named["probability"] for named in classes]
    assert probabilities == sorted(probabilities, reverse=True) and 0.5 < probabilities[0] <= 1
    [output] = answer.json["outputs"]
    assert (output["name"], output["datatype"], output["shape"]) == ("probabilities", "BYTES", [1, 5])
    assert output["data"][0].split(":")[1:] == ["7", "7"]


@pytest.mark.parametrize("path, headers, count", [
    ("?top=1", {}, 1), ("?a=b&top=3", {}, 3), ("?top=10000", {}, 10), ("", {"x_top_classes": "2"}, 2),
])
def test_as_many_classes_are_named_as_are_asked_for(function, path, headers, count):
    picture = (SAMPLES / "3-2.png").read_bytes()
    answer = function.http("POST", f"/v2/models/digits/infer{path}", picture, content_type="image/png", **headers)
    assert [named["label"] for named in answer.json["classes"]][0] == "3"
    assert len(answer.json["classes"]) == count


@pytest.mark.parametrize("top", ["0", "-1", "all", ""])
def test_a_number_of_classes_that_is_none_is_refused(function, top):
    picture = (SAMPLES / "3-2.png").read_bytes()
    answer = function.http("POST", f"/v2/models/digits/infer?top={top}", picture, content_type="image/png")
    refused(function, answer, "top", "from 1")


@pytest.mark.events
@pytest.mark.parametrize("origin", ["load balancer", "REST API"])
def test_load_balancers_and_rest_apis_carry_pictures_and_queries(function, origin):
    context = {"elb": {"targetGroupArn": "arn"}} if origin == "load balancer" else {"resourcePath": "/{proxy+}"}
    event = {
        "resource": "/{proxy+}", "httpMethod": "POST", "path": "/v2/models/digits/infer", "requestContext": context,
        "headers": {"content-type": "image/png"}, "queryStringParameters": {"top": "2"},
        "body": base64.b64encode((SAMPLES / "0-1.png").read_bytes()).decode(), "isBase64Encoded": True,
    }
    if origin == "load balancer":
        del event["resource"]
    answer = json.loads(function.result(event)["body"])
    assert [named["label"] for named in answer["classes"]][0] == "0" and len(answer["classes"]) == 2


def test_logits_become_probabilities(gallery):
    answer = gallery.infer("colours", encoded(Image.new("RGB", (9, 9), (0, 255, 64)), "PNG"), content_type="image/png")
    assert [named["label"] for named in answer.json["classes"]] == ["green", "blue", "red"]
    logits = np.array([0, 255, 64]) / 64
    expected = np.exp(logits) / np.exp(logits).sum()
    assert np.allclose([named["probability"] for named in answer.json["classes"]], sorted(expected)[::-1], atol=1e-5)


# MARK: Refusals


def jpeg_marker(file: bytes, marker: int) -> int:
    return file.index(bytes([0xFF, marker]))


def patched(file: bytes, offset: int, data: bytes) -> bytes:
    return file[:offset] + data + file[offset + len(data) :]


def many_scans() -> bytes:
    """A progressive JPEG whose last scan comes 300 times."""
    file = encoded(photo(64, 64), "JPEG", progressive=True)
    scan = file[file.rindex(b"\xff\xda") : -2]
    return file[:-2] + 300 * scan + file[-2:]


WIDE = zlib.compress(bytes(1000))
BASELINE = encoded(photo(64, 64), "JPEG")
FRAME = jpeg_marker(BASELINE, 0xC0)
REFUSED = {
    "nothing": (b"", 415, "JPEG or PNG"),
    "text": (b"hello", 415, "JPEG or PNG"),
    "GIF": (encoded(noise(4, 4), "GIF"), 415, "GIF"),
    "WebP": (encoded(noise(4, 4), "WEBP"), 415, "WebP"),
    "BMP": (encoded(noise(4, 4), "BMP"), 415, "BMP"),
    "TIFF": (encoded(noise(4, 4), "TIFF"), 415, "TIFF"),
    "PNG without pixels": (png(0, 5, 8, 2, WIDE), 400, "0x5"),
    "PNG bomb": (png(60_000, 60_000, 8, 2, WIDE), 413, "60000x60000"),
    "PNG with a side of 2 billion": (png(2_000_000_000, 1, 8, 0, WIDE), 415, "2000000000x1"),
    "PNG that claims more than it has": (png(7000, 7000, 8, 2, WIDE), 400, "PNG"),
    "PNG with an unknown colour type": (png(5, 5, 8, 5, WIDE), 400, "colour type 5"),
    "PNG with an impossible depth": (png(5, 5, 4, 2, WIDE), 400, "PNG"),
    "PNG with a broken checksum": (patched(KINDS["colour PNG"], 50, b"abcd"), 400, "PNG"),
    "PNG of a header": (KINDS["colour PNG"][:33], 400, "ends before"),
    "JPEG of a signature": (b"\xff\xd8\xff", 400, "ends before"),
    "JPEG of a header": (BASELINE[:FRAME], 400, "ends before"),
    "JPEG without a scan": (BASELINE[: jpeg_marker(BASELINE, 0xDA)], 400, "ends before"),
    "JPEG bomb": (patched(BASELINE, FRAME + 5, struct.pack(">HH", 65_000, 65_000)), 413, "65000x65000"),
    "JPEG that claims more than it has": (patched(BASELINE, FRAME + 5, struct.pack(">HH", 7000, 7000)), 400, "JPEG"),
    "JPEG without a height": (patched(BASELINE, FRAME + 5, b"\0\0"), 415, "height"),
    "JPEG of 12 bits": (patched(BASELINE, FRAME + 4, b"\x0c"), 415, "12 bits"),
    "lossless JPEG": (patched(BASELINE, FRAME + 1, b"\xc3"), 415, "lossless"),
    "JPEG of two components": (patched(BASELINE, FRAME + 9, b"\2"), 415, "2 components"),
    "JPEG of 300 scans": (many_scans(), 413, "scans"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_picture_is_refused_with_a_reason_and_a_remedy(gallery, bounded_memory, kind):
    file, status, words = REFUSED[kind]
    answer = gallery.infer("stretch", file, content_type="image/png")
    refused(gallery, answer, words)
    assert answer.status == status
    assert any(remedy in answer.error for remedy in ("send", "save")), answer.error


def test_a_model_may_take_fewer_pixels(gallery):
    refused(gallery, gallery.infer("single", encoded(photo(1001, 1000), "JPEG"), content_type="image/jpeg"), "1001x1000", "1000000")


def test_a_progressive_picture_that_takes_too_much_memory_is_refused(gallery, bounded_memory):
    """Its coefficients are held all at once: 6 bytes a pixel, where 4 are granted."""
    file = encoded(photo(64, 64), "JPEG", progressive=True)
    file = patched(file, jpeg_marker(file, 0xC2) + 5, struct.pack(">HH", 7900, 7900))
    answer = gallery.infer("stretch", file, content_type="image/jpeg")
    refused(gallery, answer, "7900x7900", "baseline")
    assert answer.status == 413


@pytest.mark.parametrize("model, words", [("tensors", "preprocess"), ("wrong", "preprocess")])
def test_a_model_that_takes_no_pictures_says_what_is_missing(gallery, model, words):
    answer = gallery.infer(model, KINDS["JPEG"], content_type="image/jpeg")
    assert answer.status == (415 if model == "tensors" else 503)
    assert words in answer.error


@pytest.mark.parametrize("shape, data, words", [
    ([0], [], "no picture"), ([2, 2], ["a"] * 4, "shape [n]"), ([], ["a"], "shape [n]"), ([1], ["abc"], "JPEG or PNG"),
    ([1], ["/9j/!"], "base64"), ([2], [base64.b64encode(KINDS["JPEG"]).decode(), "x"], "picture 1"),
])
def test_bytes_that_are_no_pictures_are_refused(gallery, shape, data, words):
    refused(gallery, gallery.infer("stretch", {"inputs": [{"name": "x", "datatype": "BYTES", "shape": shape, "data": data}]}), words)


def test_many_small_pictures_at_once_are_bounded(gallery, bounded_memory):
    pixel = encoded(noise(1, 1), "PNG")
    count = 20_000
    body = json.dumps({"inputs": [{
        "name": "x", "datatype": "BYTES", "shape": [count],
        "parameters": {"binary_data_size": count * (4 + len(pixel))},
    }]}).encode()
    data = count * (struct.pack("<I", len(pixel)) + pixel)
    answer = gallery.infer(
        "stretch", body + data, content_type="application/octet-stream", inference_header_content_length=str(len(body))
    )
    refused(gallery, answer, "20000 pictures")
    assert answer.status == 413


@pytest.mark.parametrize("kind", ["JPEG", "progressive JPEG", "CMYK JPEG", "colour PNG", "interlaced PNG", "palette PNG"])
def test_a_picture_cut_short_anywhere_is_refused(gallery, bounded_memory, kind):
    for part in range(16):
        file = KINDS[kind][: len(KINDS[kind]) * part // 16]
        answer = gallery.infer("stretch", file, content_type="image/png")
        assert answer.status in (400, 415), (part, answer.body[:300])
    assert gallery.infer("stretch", KINDS[kind], content_type="image/png").status == 200


@pytest.mark.parametrize("seed", range(8))
def test_random_bytes_behind_the_right_signature_harm_nobody(gallery, bounded_memory, seed):
    generator = random.Random(seed)
    for _ in range(25):
        kind = generator.choice(list(KINDS))
        file = bytearray(KINDS[kind])
        start = generator.choice([8, 40, len(file) // 2])
        for _ in range(generator.choice([1, 3, 30, 400])):
            file[generator.randrange(min(start, len(file) - 1), len(file))] = generator.randrange(256)
        if generator.random() < 0.3:
            file = file[:12] + generator.randbytes(generator.randrange(2000))
        answer = gallery.infer("stretch", bytes(file), content_type="image/png")
        assert answer.status in (200, 400, 413, 415), (kind, answer.body[:300])
    assert gallery.infer("stretch", KINDS["JPEG"], content_type="image/png").status == 200


def test_each_picture_model_is_used_by_a_test():
    text = Path(__file__).read_text()
    assert all(f'"{model}"' in text for model in PICTURE_MODELS)


# MARK: Processes


def libraries(pid: int) -> set[str]:
    maps = Path(f"/proc/{pid}/maps").read_text()
    return {name for name in ("libturbojpeg", "libspng") if name in maps}


def test_no_codec_is_opened_before_a_picture_of_its_kind_comes(start, api):
    from function import Function

    function = Function(start(), api)
    assert function.infer("digits", (SAMPLES / "request.json").read_bytes()).status == 200
    assert libraries(function.process.pid) == set()
    # Refused by its header.
    assert function.infer("digits", REFUSED["PNG bomb"][0], content_type="image/png").status == 413
    assert libraries(function.process.pid) == set()
    function.infer("digits", (SAMPLES / "1-1.png").read_bytes(), content_type="image/png")
    assert libraries(function.process.pid) == {"libspng"}
    function.infer("digits", KINDS["JPEG"], content_type="image/jpeg")
    assert libraries(function.process.pid) == {"libspng", "libturbojpeg"}


@pytest.fixture(scope="module")
def backend(engine_library, picture_models):
    backend = Backend(engine_library, picture_models)
    yield backend
    assert backend.close() == 0


@pytest.fixture(scope="module")
def large() -> bytes:
    """A PNG that takes a few hundred milliseconds to decode."""
    row = b"\4" + RANDOM.integers(0, 256, 3 * 6000, np.uint8).tobytes()
    return png(6000, 5000, 8, 2, zlib.compress(5000 * row, 1))


def test_a_backend_answers_others_while_a_picture_is_decoded(backend, large):
    answers, done = [], threading.Event()

    def send():
        connection = http.client.HTTPConnection("127.0.0.1", backend.port, timeout=60)
        connection.request("POST", "/v2/models/stretch/infer", large, {"content-type": "image/png"})
        answers.append(connection.getresponse().status)
        done.set()

    thread = threading.Thread(target=send)
    thread.start()
    meanwhile = 0
    while not done.is_set():
        assert backend.http("GET", "/v2/health/live").status == 200
        meanwhile += not done.is_set()
    thread.join()
    assert answers == [200]
    assert meanwhile >= 20, "the picture was decoded where connections are served"


def test_a_picture_that_cannot_be_decoded_in_time_is_refused_at_once(backend, large):
    answer = backend.infer("stretch", large, content_type="image/png", x_mark_deadline_ms="40")
    assert answer.status == 503 and answer.headers["x-mark-bounced"] == "hopeless"


def test_pictures_under_way_are_answered_before_a_backend_ends(engine_library, picture_models, large):
    backend = Backend(engine_library, picture_models)
    connection = http.client.HTTPConnection("127.0.0.1", backend.port, timeout=60)
    connection.request("POST", "/v2/models/stretch/infer", large, {"content-type": "image/png"})
    while not libraries(backend.process.pid):
        pass
    backend.process.terminate()
    assert connection.getresponse().status == 200
    assert backend.close() == 0


def test_sagemaker_sends_pictures(engine_library, starter_models):
    backend = Backend(engine_library, starter_models)
    answer = backend.http("POST", "/invocations", (SAMPLES / "4-1.png").read_bytes(), content_type="image/png")
    assert answer.json["classes"][0]["label"] == "4"
    assert backend.close() == 0


# MARK: mark and curl


@pytest.fixture(scope="module")
def up(bootstrap_path, engine_library, starter_models):
    up = MarkProcess("up", engine_library, "--bundle", str(bootstrap_path.parent), "--models", starter_models)
    yield up
    assert up.close() == 0


def test_the_readmes_curl_of_a_picture(up):
    readme = (ROOT / "README.md").read_text()
    command = next(line for line in readme.splitlines() if line.startswith("curl") and "image/png" in line)
    command = command.replace("http://127.0.0.1:8080", up.url)
    answer = subprocess.run(["bash", "-c", command], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert json.loads(answer)["classes"][0]["label"] == "7"


def invoke(up, *arguments) -> subprocess.CompletedProcess:
    command = [mark_program(), "invoke", "digits", "--url", up.url, *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)


def test_mark_invoke_sends_pictures_as_they_are(up, tmp_path):
    picture = Image.open(SAMPLES / "5-1.png").resize((80, 80), Image.Resampling.NEAREST)
    files = {"five.png": {}, "five.jpg": {"quality": 95}, "five.pgm": {}}
    for name, options in files.items():
        picture.save(tmp_path / name, **options)
        result = invoke(up, tmp_path / name, "--top", "1", "--json")
        assert result.returncode == 0, result.stderr
        [output] = json.loads(result.stdout)["outputs"]
        assert output["data"][0].endswith(":5:5"), name
        # Prepared by mark itself, the model sees the same.
        local = json.loads(invoke(up, tmp_path / name, "--top", "1", "--json", "--scale", "1").stdout)
        assert abs(float(local["outputs"][0]["data"][0].split(":")[0]) - float(output["data"][0].split(":")[0])) < 1e-3


def test_mark_invoke_says_what_is_wrong_with_a_file(up, tmp_path):
    (tmp_path / "a.webp").write_bytes(REFUSED["WebP"][0])
    result = invoke(up, tmp_path / "a.webp")
    assert result.returncode == 1 and "WebP" in result.stderr and "JPEG or PNG" in result.stderr
