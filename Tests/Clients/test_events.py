"""Every shape in which AWS hands an event to a function, and the form of the answer that each one's sender expects."""

import base64
import json

import pytest
from function import Function, http_event, read_http_answer
from runtime_api import ROOT
from test_runtime_loop import DIGITS

INFER = "/v2/models/digits/infer"
BODY = json.dumps(DIGITS)
KNOWN_SHAPES = ["HTTP API", "REST API", "Application Load Balancer", "function URL", "SQS", "EventBridge", "warm", "inputs"]


def rest_event(method: str, path: str, body: str | None = None, **more) -> dict:
    """API Gateway REST API, as AWS documents it: every absent part is null."""
    return {
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": {"Content-Type": "application/json", "Host": "id.execute-api.eu-west-1.amazonaws.com"},
        "multiValueHeaders": {"Content-Type": ["application/json"], "Host": ["id.execute-api.eu-west-1.amazonaws.com"]},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": {"proxy": path[1:]},
        "stageVariables": None,
        "requestContext": {"resourceId": "abc", "resourcePath": "/{proxy+}", "httpMethod": method, "path": f"/prod{path}",
                           "stage": "prod", "identity": {"sourceIp": "192.0.2.1", "userAgent": None}, "apiId": "id"},
        "body": body,
        "isBase64Encoded": False,
    } | more  # fmt: skip


def load_balancer_event(method: str, path: str, body: str = "", multi=False, **more) -> dict:
    fields = {"content-type": "application/json", "host": "lb-1.eu-west-1.elb.amazonaws.com"} | more.pop("headers", {})
    parts = (
        {"multiValueHeaders": {k: [v] for k, v in fields.items()}, "multiValueQueryStringParameters": {}}
        if multi
        else {"headers": fields, "queryStringParameters": {}}
    )
    arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/lambda-1/abc"
    context = {"requestContext": {"elb": {"targetGroupArn": arn}}}
    return context | {"httpMethod": method, "path": path, "body": body, "isBase64Encoded": False} | parts | more


def url_event(method: str, path: str, body: str | None = None) -> dict:
    event = http_event(method, path, body)
    event["requestContext"] |= {"domainName": "abc.lambda-url.eu-west-1.on.aws", "authentication": None}
    return event


def http_one_event(method: str, path: str, body: str | None = None) -> dict:
    """HTTP API with payload format 1.0."""
    event = rest_event(method, path, body, version="1.0")
    event["requestContext"]["stage"] = "$default"
    return event


MAKERS = {
    "HTTP API": http_event,
    "function URL": url_event,
    "REST API": rest_event,
    "HTTP API 1.0": http_one_event,
    "load balancer": load_balancer_event,
    "load balancer, lists": lambda *parts: load_balancer_event(*parts, multi=True),
}
made_by = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)


# The template's own examples


def examples() -> list[str]:
    return sorted(path.name for path in (ROOT / "template" / "events").glob("*.json"))


def test_the_template_has_examples():
    assert examples(), "template/events has no example events"


@pytest.mark.parametrize("name", examples())
def test_the_templates_examples_are_served(function, name):
    event = (ROOT / "template" / "events" / name).read_bytes()
    if str(json.loads(event).get("source")).startswith("aws."):
        assert function.error(event)["errorType"] == "Function.NoController"
        return
    result = function.result(event)
    if "statusCode" in result:
        assert result["statusCode"] == 200, result["body"]
    elif "batchItemFailures" not in result and "environment" not in result:
        assert result["outputs"]


# HTTP


@made_by
def test_an_inference_is_served(function, make):
    result = function.result(make("POST", INFER, BODY))
    assert result["statusCode"] == 200 and result["isBase64Encoded"] is False
    assert json.loads(result["body"])["outputs"][0]["shape"] == [1, 10]


@made_by
def test_a_request_without_a_body_is_served(function, make):
    event = make("GET", "/v2/models/digits")
    assert json.loads(function.result(event)["body"])["name"] == "digits"


@made_by
def test_a_missing_body_is_a_bad_request(function, make):
    result = function.result(make("POST", INFER))
    assert result["statusCode"] == 400
    assert "error" in json.loads(result["body"])


@made_by
def test_a_body_in_base64_is_decoded(function, make):
    event = make("POST", INFER, base64.b64encode(BODY.encode()).decode()) | {"isBase64Encoded": True}
    assert function.result(event)["statusCode"] == 200


@made_by
@pytest.mark.parametrize("bad", ["a", "ab=c", "====", "$$$$", "Zm9v\n", "Zm9vYg", "Zm9vYg=", "=AAA", "é==="])
def test_a_body_that_is_no_base64_is_a_bad_request(function, make, bad):
    event = make("POST", INFER, bad) | {"isBase64Encoded": True}
    result = function.result(event)
    assert result["statusCode"] == 400 and "base64" in json.loads(result["body"])["error"]


@made_by
def test_an_unknown_path_and_a_wrong_method_are_refused(function, make):
    assert function.result(make("GET", "/v3"))["statusCode"] == 404
    assert function.result(make("GET", INFER))["statusCode"] == 405
    assert function.result(make("DELETE", "/v2"))["statusCode"] == 405


@made_by
def test_header_names_have_no_case(function, make):
    event = make("POST", INFER, BODY)
    for form, value in (("headers", "br"), ("multiValueHeaders", ["br"])):
        if event.get(form) is not None:
            event[form]["cOnTeNt-EnCoDiNg"] = value
    assert function.result(event)["statusCode"] == 415


@made_by
def test_a_binary_answer_goes_out_as_base64(function, make):
    request = DIGITS | {"outputs": [{"name": "probabilities", "parameters": {"binary_data": True}}]}
    result = function.result(make("POST", INFER, json.dumps(request)))
    assert result["isBase64Encoded"] is True
    headers = {k: v if isinstance(v, str) else v[0] for k, v in (result.get("headers") or result["multiValueHeaders"]).items()}
    body = base64.b64decode(result["body"], validate=True)
    assert len(body) == int(headers["inference-header-content-length"]) + 40


@pytest.mark.parametrize("stage", ["prod", "$default", "v2", "stage-1"])
def test_a_stage_is_no_part_of_the_path(function, stage):
    event = http_event("GET", "/v2/models/digits")
    event["requestContext"]["stage"] = stage
    if stage != "$default":
        event["rawPath"] = f"/{stage}{event['rawPath']}"
    assert read_http_answer(function.result(event)).status == 200


def test_a_load_balancer_is_answered_in_its_own_form(function):
    """The target group decides; an answer in the other form loses its headers."""
    single = function.result(load_balancer_event("GET", "/v2"))
    assert single["statusDescription"] == "200 OK" and single["headers"] == {"content-type": "application/json", "x-mark-served-by": "lambda"}
    assert "multiValueHeaders" not in single
    multi = function.result(load_balancer_event("GET", "/v2", multi=True))
    assert multi["multiValueHeaders"] == {"content-type": ["application/json"], "x-mark-served-by": ["lambda"]} and "headers" not in multi
    missing = function.result(load_balancer_event("GET", "/none"))
    assert missing["statusDescription"] == "404 Not Found"


def test_a_health_check_of_a_load_balancer_is_served(function):
    event = load_balancer_event("GET", "/v2/health/live", headers={"user-agent": "ELB-HealthChecker/2.0"})
    assert function.result(event)["statusCode"] == 200


def test_api_gateway_is_answered_with_plain_headers(function):
    for make in (http_event, url_event, rest_event):
        result = function.result(make("GET", "/v2"))
        assert list(result) == ["statusCode", "headers", "isBase64Encoded", "body"]
        assert all(isinstance(value, str) for value in result["headers"].values())


def test_escapes_anywhere_in_an_event_are_read(function):
    text = json.dumps(http_event("POST", INFER, BODY)).replace("rawPath", "\\u0072awPath").replace('"/v2', '"\\/v2')
    assert read_http_answer(function.result(text.encode())).status == 200


# Direct


def test_a_direct_request_is_served(function):
    assert function.result(DIGITS)["model_name"] == "digits"
    assert function.result(DIGITS | {"model_version": "1"})["model_version"] == "1"
    nameless = {key: value for key, value in DIGITS.items() if key != "model_name"}
    assert function.result(nameless)["model_name"] == "digits"


@pytest.mark.parametrize(
    "change, words",
    [
        ({"model_name": "digit"}, "did you mean 'digits'?"),
        ({"model_version": "7"}, "no version '7'"),
        ({"model_version": 1}, "model_version must be a string"),
        ({"model_name": ["digits"]}, "model_name must be a string"),
        ({"inputs": []}, "'pixels' is missing"),
        ({"parameters": {"binary_data_output": True}}, "binary outputs need HTTP"),
    ],
)
def test_a_direct_request_that_cannot_be_served_is_an_error(function, change, words):
    error = function.error(DIGITS | change)
    assert words in error["errorMessage"] and error["errorType"].startswith("Function.Invalid")


# Queues and schedules


def queue_event(*bodies: str) -> dict:
    return {
        "Records": [
            {"messageId": f"m{number}", "receiptHandle": "h", "body": body, "attributes": {"ApproximateReceiveCount": "1"},
             "messageAttributes": {}, "md5OfBody": "0", "eventSource": "aws:sqs", "awsRegion": "eu-west-1",
             "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:q"}
            for number, body in enumerate(bodies)
        ]
    }  # fmt: skip


def test_a_queue_gets_back_the_messages_that_failed_and_no_others(function):
    wrong = json.dumps(DIGITS | {"model_name": "none"})
    result = function.result(queue_event(BODY, "no json", BODY, wrong, "{}", "", json.dumps(http_event("GET", "/v2")), BODY))
    assert result == {"batchItemFailures": [{"itemIdentifier": f"m{number}"} for number in (1, 3, 4, 5, 6)]}


def test_a_queue_whose_messages_all_succeed_gets_nothing_back(function):
    assert function.result(queue_event(BODY, BODY)) == {"batchItemFailures": []}
    assert function.result(queue_event()) == {"batchItemFailures": []}


def test_records_of_another_service_are_refused(function):
    error = function.error({"Records": [{"eventSource": "aws:s3", "s3": {"object": {"key": "k"}}}]})
    assert "SQS" in error["errorMessage"] and "messageId" in error["errorMessage"]


@pytest.mark.parametrize("source, detail", [("aws.events", {}), ("aws.scheduler", "{}")])
def test_a_schedule_is_told_that_there_is_no_controller(function, source, detail):
    arn = "arn:aws:events:eu-west-1:123456789012:rule/tick"
    event = {"version": "0", "id": "i", "detail-type": "Scheduled Event", "source": source, "account": "123456789012",
             "time": "2026-11-24T03:00:00Z", "region": "eu-west-1", "resources": [arn], "detail": detail}  # fmt: skip
    error = function.error(event)
    assert error["errorType"] == "Function.NoController" and arn in error["errorMessage"]


# None of these


def test_an_event_of_ec2_that_is_none_names_what_is_known(function):
    message = function.error({"source": "aws.ec2", "detail-type": "EBS Volume Notification", "detail": {}})["errorMessage"]
    assert "EBS Volume Notification" in message and "EC2 Spot Instance Interruption Warning" in message


@pytest.mark.parametrize(
    "event", [{}, {"key1": "value1"}, {"source": "aws.s3", "detail": {}}, {"warm": True}, {"Records": "none"},
              {"requestContext": {}}, {"requestContext": None, "headers": None}, {"httpMethod": "GET", "path": "/v2"}]
)  # fmt: skip
def test_an_unknown_shape_is_told_the_known_ones(function, event):
    message = function.error(event)["errorMessage"]
    assert all(shape in message for shape in KNOWN_SHAPES), message


@pytest.mark.parametrize("event", [b"", b" ", b"null", b"[]", b'"text"', b"1", b"{", b"\xff\xfe", b'{"a":1}{}', b"\xef\xbb\xbf{}"])
def test_what_is_no_object_is_told_so(function: Function, event):
    message = function.error(event)["errorMessage"]
    assert "no JSON object" in message and all(shape in message for shape in KNOWN_SHAPES)
