"""The SAM template as AWS's own tools see it, without AWS."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from runtime_api import ROOT
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

TEMPLATE = ROOT / "template" / "template.yaml"
ROUTES = {
    ("/v2", "get"),
    ("/v2/health/live", "get"),
    ("/v2/health/ready", "get"),
    ("/v2/models/{model}", "get"),
    ("/v2/models/{model}/ready", "get"),
    ("/v2/models/{model}/infer", "post"),
    ("/v2/models/{model}/versions/{version}", "get"),
    ("/v2/models/{model}/versions/{version}/ready", "get"),
    ("/v2/models/{model}/versions/{version}/infer", "post"),
    ("/v2/repository/index", "post"),
}


# The transformation names a region's partition; it asks AWS for nothing.
os.environ.setdefault("AWS_DEFAULT_REGION", "eu-west-1")


class Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms of functions."""


def _function(loader: Loader, suffix: str, node: yaml.Node):
    value = loader.construct_scalar(node) if isinstance(node, yaml.ScalarNode) else loader.construct_sequence(node)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


Loader.add_multi_constructor("!", _function)


def transformed(**parameters: str) -> dict:
    """What CloudFormation would deploy: the template after SAM's transformation, with these parameters."""
    template = yaml.load(TEMPLATE.read_text(), Loader)
    # A local path stands for what `sam deploy` uploads.
    template["Resources"]["InferenceFunction"]["Properties"]["CodeUri"] = "s3://bucket/mark-lambda.zip"
    defaults = {name: str(p["Default"]) for name, p in template["Parameters"].items() if "Default" in p}
    values = defaults | {"AWS::Region": "eu-west-1"} | parameters
    return resolved(Translator({}, Parser()).translate(template, dict(values)), values)


def resolved(value, parameters: dict):
    """A value with references to parameters replaced, as CloudFormation does it."""
    match value:
        case {"Ref": str(name)} if name in parameters:
            return parameters[name]
        case dict():
            return {key: resolved(item, parameters) for key, item in value.items()}
        case list():
            return [resolved(item, parameters) for item in value]
        case _:
            return value


@pytest.fixture(scope="module")
def resources() -> dict:
    return transformed()["Resources"]


def of_type(resources: dict, kind: str) -> list[dict]:
    return [resource["Properties"] for resource in resources.values() if resource["Type"] == kind]


def test_cfn_lint_finds_nothing():
    result = subprocess.run(
        [Path(sys.executable).parent / "cfn-lint", TEMPLATE], capture_output=True, text=True
    )
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("architecture", ["arm64", "x86_64"])
def test_the_function_runs_on_provided_al2023_on_either_architecture(architecture):
    (function,) = of_type(transformed(Architecture=architecture)["Resources"], "AWS::Lambda::Function")
    assert function["Runtime"] == "provided.al2023"
    assert function["Architectures"] == [architecture]
    assert function["Handler"] == "bootstrap"


def test_the_parameters_reach_the_function():
    (function,) = of_type(
        transformed(MemorySize="3538", Timeout="20", Preload="digits", LogLevel="DEBUG", ConcurrencyMax="7")["Resources"],
        "AWS::Lambda::Function",
    )
    assert (function["MemorySize"], function["Timeout"]) == ("3538", "20")
    assert function["Environment"]["Variables"] == {"MARK_ROLE": "inference", "MARK_PRELOAD": "digits"}
    assert function["LoggingConfig"]["LogFormat"] == "JSON"
    assert function["LoggingConfig"]["ApplicationLogLevel"] == "DEBUG"
    assert function["ReservedConcurrentExecutions"] == "7"


def test_the_api_has_the_protocols_routes_and_no_others(resources):
    (api,) = of_type(resources, "AWS::ApiGatewayV2::Api")
    routes = {(path, method) for path, methods in api["Body"]["paths"].items() for method in methods}
    assert routes == ROUTES
    payloads = {
        method["x-amazon-apigateway-integration"]["payloadFormatVersion"]
        for methods in api["Body"]["paths"].values()
        for method in methods.values()
    }
    assert payloads == {"2.0"}


def test_the_role_may_write_to_its_own_logs_and_nothing_else(resources):
    (role,) = of_type(resources, "AWS::IAM::Role")
    assert not role.get("ManagedPolicyArns")
    (policy,) = role["Policies"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert statement["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
    assert statement["Resource"] == {"Fn::GetAtt": ["InferenceLogs", "Arn"]}


def test_logs_are_kept_for_as_long_as_the_parameter_says(resources):
    (group,) = of_type(resources, "AWS::Logs::LogGroup")
    assert group["RetentionInDays"] == "14"
    (function,) = of_type(resources, "AWS::Lambda::Function")
    assert function["LoggingConfig"]["LogGroup"] == {"Ref": "InferenceLogs"}
