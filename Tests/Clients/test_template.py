"""The SAM template as AWS's own tools see it, without AWS."""

import ipaddress
import json
import re
import subprocess
import sys
from pathlib import Path

import botocore.config
import botocore.session
import pytest
from cloudformation import TEMPLATE, Stack
from runtime_api import ROOT

# Actions that are named otherwise than the operation, with their operation; None is no operation of its own.
RENAMED = {
    "lambda:InvokeFunction": "Invoke",
    "apigateway:GET": "GetApi",
    "apigateway:PATCH": "UpdateRoute",
    "iam:PassRole": None,
}
SERVICES = {"apigateway": "apigatewayv2"}
# What IAM cannot confine to a resource (AWS, Service Authorization Reference), and the interfaces that Lambda makes for the router, whose
# policy also denies them to the function's own code.
UNCONFINED = {
    "cloudwatch:GetMetricData",
    "ec2:DescribeInstances",
    "ec2:DescribeSpotPriceHistory",
    "ec2:DescribeSubnets",
    "lambda:GetAccountSettings",
}
INTERFACES = {
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
}
# What the controller needs besides the operations it calls: for instances to come up, for its logs.
INDIRECT = {
    "ec2:RunInstances", "ec2:CreateTags", "iam:PassRole", "iam:CreateServiceLinkedRole", "ssm:GetParameter", "ssm:GetParameters",
    "logs:CreateLogStream", "logs:PutLogEvents",
}
FUNCTIONS = ["InferenceFunction", "RouterFunction", "ControllerFunction"]


@pytest.fixture(scope="module")
def stack() -> Stack:
    return Stack()


def listed(value) -> list:
    return value if isinstance(value, list) else [value]


def statements(stack: Stack, role: str | None = None) -> list[tuple[str, dict]]:
    """Each statement of the roles' policies, with its role."""
    return [
        (name, statement)
        for name, properties in stack.of_type("AWS::IAM::Role").items()
        if role in (None, name)
        for policy in properties["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
    ]


def actions(stack: Stack, role: str) -> set[str]:
    return {a for _, s in statements(stack, role) if s["Effect"] == "Allow" for a in listed(s["Action"])}


def test_cfn_lint_finds_nothing():
    result = subprocess.run(
        [Path(sys.executable).parent / "cfn-lint", TEMPLATE], capture_output=True, text=True
    )
    assert result.returncode == 0, result.stdout + result.stderr


# ---- Functions.


@pytest.mark.parametrize("architecture", ["arm64", "x86_64"])
def test_functions_and_instances_run_on_amazon_linux_2023_of_either_architecture(architecture):
    stack = Stack(Architecture=architecture)
    functions = stack.of_type("AWS::Lambda::Function")
    assert sorted(functions) == sorted(FUNCTIONS)
    for function in functions.values():
        assert function["Runtime"] == "provided.al2023"
        assert function["Architectures"] == [architecture]
        assert function["Handler"] == "bootstrap"
    assert stack.variables("ControllerFunction")["MARK_ARCHITECTURE"] == architecture
    image = stack.resources["LaunchTemplate"]["Properties"]["LaunchTemplateData"]["ImageId"]
    assert image == f"resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-{architecture}"


def test_all_functions_run_the_same_zip(stack):
    codes = [function["Code"] for function in stack.of_type("AWS::Lambda::Function").values()]
    assert codes == [{"S3Bucket": "bucket", "S3Key": "mark-lambda.zip"}] * 3


def test_the_parameters_reach_the_inference_function():
    stack = Stack(MemorySize="3538", Timeout="20", Preload="digits", LogLevel="DEBUG", ConcurrencyMax="7")
    function = stack.resources["InferenceFunction"]["Properties"]
    assert (function["MemorySize"], function["Timeout"]) == ("3538", "20")
    assert function["Environment"]["Variables"] == {"MARK_ROLE": "inference", "MARK_PRELOAD": "digits"}
    assert function["LoggingConfig"]["LogFormat"] == "JSON"
    assert function["LoggingConfig"]["ApplicationLogLevel"] == "DEBUG"
    assert function["ReservedConcurrentExecutions"] == "7"


def test_texts_stream_through_a_url_of_the_functions_own_if_that_is_asked_for(stack):
    assert not stack.of_type("AWS::Lambda::Url") and "MARK_RESPONSE_STREAM" not in stack.variables("InferenceFunction")
    streaming = Stack(StreamingUrl="true")
    (url,) = streaming.of_type("AWS::Lambda::Url").values()
    assert url == {"TargetFunctionArn": {"Ref": "InferenceFunction"}, "Qualifier": "live", "AuthType": "AWS_IAM", "InvokeMode": "RESPONSE_STREAM"}
    assert streaming.resources["StreamingEndpoint"]["DependsOn"] in streaming.of_type("AWS::Lambda::Alias")
    assert streaming.variables("InferenceFunction")["MARK_RESPONSE_STREAM"] == "yes"


def test_a_new_account_can_deploy_it_as_it_may_reserve_nothing(stack):
    for function in stack.of_type("AWS::Lambda::Function").values():
        assert "ReservedConcurrentExecutions" not in function


def test_the_parameters_reach_the_controller():
    stack = Stack(
        Model="resnet", SloMs="250", SloTarget="0.995", Budget="1.5", InstancesMax="4", Markets="spot", Types="c7i.large,m7i.large",
        MemorySize="3538", MetricDelay="90", DryRun="true", ControllerConcurrencyMax="1",
    )
    function = stack.resources["ControllerFunction"]["Properties"]
    variables = function["Environment"]["Variables"]
    references = {
        "MARK_TABLE": {"Ref": "Table"},
        "MARK_FUNCTION": {"Ref": "InferenceFunctionAliaslive"},
        "MARK_ROUTER": {"Fn::GetAtt": ["RouterFunction", "Arn"]},
        "MARK_API": {"Ref": "Api"},
        "MARK_LAUNCH_TEMPLATE": {"Ref": "LaunchTemplate"},
        "MARK_SUBNETS": {"Fn::Join": [",", [{"Ref": "SubnetA"}, {"Ref": "SubnetB"}, {"Ref": "SubnetC"}]]},
    }
    assert variables == references | {
        "MARK_ROLE": "controller",
        "MARK_STACK": "mark",
        "MARK_MODEL": "resnet",
        "MARK_SLO_MS": "250",
        "MARK_TARGET": "0.995",
        "MARK_BUDGET": "1.5",
        "MARK_INSTANCES_MAX": "4",
        "MARK_MARKETS": "spot",
        "MARK_TYPES": "c7i.large,m7i.large",
        "MARK_FUNCTION_MEMORY_MB": "3538",
        "MARK_ARCHITECTURE": "x86_64",
        "MARK_METRIC_DELAY_S": "90",
        "MARK_DRY_RUN": "true",
    }
    assert function["ReservedConcurrentExecutions"] == "1"
    assert function["Timeout"] < 60


def test_the_router_knows_where_to_spill(stack):
    assert stack.variables("RouterFunction") == {
        "MARK_ROLE": "router",
        "MARK_TABLE": {"Ref": "Table"},
        "MARK_STACK": "mark",
        "MARK_FUNCTION": {"Ref": "InferenceFunctionAliaslive"},
        "MARK_SLO_MS": "100",
        "AWS_ENDPOINT_URL_LAMBDA": "https://lambda.eu-central-1.api.aws",
    }


def test_the_endpoints_over_ipv6_are_those_that_aws_names(stack):
    session = botocore.session.get_session()
    named = {
        service: session.create_client(
            service, "eu-central-1", config=botocore.config.Config(use_dualstack_endpoint=True)
        ).meta.endpoint_url
        for service in ("lambda", "ec2")
    }
    assert stack.variables("RouterFunction")["AWS_ENDPOINT_URL_LAMBDA"] == named["lambda"]
    # Of these two the instances' script asks, with AWS_USE_DUALSTACK_ENDPOINT.
    assert all(url.endswith(".api.aws") for url in named.values())
    assert "AWS_USE_DUALSTACK_ENDPOINT=true" in json.dumps(stack.resources["LaunchTemplate"])


def test_what_is_not_set_is_not_passed_on(stack):
    assert not {"MARK_BUDGET", "MARK_TYPES"} & stack.variables("ControllerFunction").keys()


@pytest.mark.parametrize("function, sources", [
    ("InferenceFunction", "bootstrap"), ("RouterFunction", "Routing"), ("ControllerFunction", "Control"),
])
def test_the_program_knows_every_variable_that_the_template_sets(stack, function, sources):
    if not (ROOT / "Sources" / sources).is_dir():
        pytest.skip(f"Sources/{sources}, which reads them, is not here yet")
    known = {
        name
        for folder in ("bootstrap", sources)
        for file in (ROOT / "Sources" / folder).glob("*Settings*.swift")
        for name in re.findall(r'"(MARK_[A-Z_]+)"', file.read_text())
    }
    assert {name for name in stack.variables(function) if name.startswith("MARK_")} <= known


def test_requests_and_backends_use_the_published_version(stack):
    (alias,) = stack.of_type("AWS::Lambda::Alias").values()
    assert (alias["FunctionName"], alias["Name"]) == ({"Ref": "InferenceFunction"}, "live")
    assert "--qualifier live" in json.dumps(stack.resources["LaunchTemplate"])


@pytest.mark.parametrize("parameter, value", [
    ("MemorySize", "3538"), ("Timeout", "20"), ("Preload", "none"), ("LogLevel", "WARN"), ("Architecture", "arm64"),
    ("StreamingUrl", "true"),
])
def test_a_new_value_of_a_parameter_is_published_too(stack, parameter, value):
    (before,) = stack.of_type("AWS::Lambda::Version").values()
    (after,) = Stack(**{parameter: value}).of_type("AWS::Lambda::Version").values()
    assert before["Description"] != after["Description"]
    assert len(before["Description"]) - len("all") + 160 <= 256


def test_logs_are_kept_for_as_long_as_the_parameter_says():
    stack = Stack(LogRetentionDays="30")
    groups = stack.of_type("AWS::Logs::LogGroup")
    used = [function["LoggingConfig"]["LogGroup"]["Ref"] for function in stack.of_type("AWS::Lambda::Function").values()]
    assert sorted(used) == sorted(groups)
    assert {group["RetentionInDays"] for group in groups.values()} == {"30"}


# ---- The API.


def test_one_route_has_two_targets_and_begins_with_the_inference_function(stack):
    (route,) = stack.of_type("AWS::ApiGatewayV2::Route").values()
    assert route["RouteKey"] == "$default"
    assert route["Target"] == {"Fn::Sub": "integrations/${InferenceIntegration}"}
    integrations = stack.of_type("AWS::ApiGatewayV2::Integration")
    assert {n: i["IntegrationUri"] for n, i in integrations.items()} == {
        # As the controller's variables have them, which finds the integrations by these.
        "InferenceIntegration": stack.variables("ControllerFunction")["MARK_FUNCTION"],
        "RouterIntegration": stack.variables("ControllerFunction")["MARK_ROUTER"],
    }
    for integration in integrations.values():
        assert (integration["IntegrationType"], integration["PayloadFormatVersion"]) == ("AWS_PROXY", "2.0")


def test_the_api_may_call_both_targets_and_nothing_else_may_but_eventbridge_the_controller(stack):
    permissions = stack.of_type("AWS::Lambda::Permission").values()
    allowed = [(json.dumps(p["FunctionName"]), p["Principal"], json.dumps(p["SourceArn"])) for p in permissions]
    api = json.dumps({"Fn::Sub": "arn:aws:execute-api:eu-central-1:123456789012:${Api}/*"})
    assert sorted(allowed) == sorted([
        (json.dumps({"Ref": "InferenceFunctionAliaslive"}), "apigateway.amazonaws.com", api),
        (json.dumps({"Fn::GetAtt": ["RouterFunction", "Arn"]}), "apigateway.amazonaws.com", api),
        (
            json.dumps({"Fn::GetAtt": ["ControllerFunction", "Arn"]}),
            "events.amazonaws.com",
            json.dumps({"Fn::GetAtt": ["InstanceEvents", "Arn"]}),
        ),
    ])


def test_the_api_lets_through_what_the_parameters_say():
    (stage,) = Stack(ThrottlingRate="50", ThrottlingBurst="75").of_type("AWS::ApiGatewayV2::Stage").values()
    assert (stage["StageName"], stage["AutoDeploy"]) == ("$default", True)
    assert stage["DefaultRouteSettings"] == {"ThrottlingRateLimit": "50", "ThrottlingBurstLimit": "75"}


# ---- Ticks and events.


def test_a_tick_comes_once_a_minute_and_is_never_late(stack):
    (tick,) = stack.of_type("AWS::Scheduler::Schedule").values()
    assert tick["ScheduleExpression"] == "rate(1 minute)"
    assert tick["FlexibleTimeWindow"] == {"Mode": "OFF"}
    assert tick["Target"]["RetryPolicy"] == {"MaximumEventAgeInSeconds": 60, "MaximumRetryAttempts": 0}
    (asynchronous,) = stack.of_type("AWS::Lambda::EventInvokeConfig").values()
    assert asynchronous["FunctionName"] == {"Ref": "ControllerFunction"}
    assert (asynchronous["MaximumEventAgeInSeconds"], asynchronous["MaximumRetryAttempts"]) == (60, 0)


def test_a_tick_is_an_event_that_the_program_reads(stack):
    (tick,) = stack.of_type("AWS::Scheduler::Schedule").values()
    event = json.loads(tick["Target"]["Input"])
    # Sources/LambdaRuntime/Event+Parsing.swift tells a schedule by these.
    assert event["source"] == "aws.scheduler"
    assert event["id"] == "<aws.scheduler.execution-id>"
    assert event["time"] == "<aws.scheduler.scheduled-time>"
    assert event["resources"] == ["<aws.scheduler.schedule-arn>"]


def test_the_controller_hears_what_ec2_says_of_instances(stack):
    (rule,) = stack.of_type("AWS::Events::Rule").values()
    assert rule["EventPattern"] == {
        "source": ["aws.ec2"],
        "detail-type": [
            "EC2 Instance Rebalance Recommendation",
            "EC2 Instance State-change Notification",
            "EC2 Spot Instance Interruption Warning",
        ],
    }


def test_the_table_is_what_the_fleet_expects(stack):
    (table,) = stack.of_type("AWS::DynamoDB::Table").values()
    assert {k["AttributeName"]: k["KeyType"] for k in table["KeySchema"]} == {"pk": "HASH", "sk": "RANGE"}
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}


# ---- Permissions.


def test_every_action_is_one_that_aws_has(stack):
    session = botocore.session.get_session()
    for role, statement in statements(stack):
        for action in listed(statement["Action"]):
            service, operation = action.split(":")
            operation = RENAMED.get(action, operation)
            if operation is None:
                continue
            model = session.get_service_model(SERVICES.get(service, service))
            assert operation in model.operation_names, f"{role} is granted {action}, which {service} does not have"


def test_no_role_may_do_anything_to_everything(stack):
    for role, statement in statements(stack):
        named = set(listed(statement["Action"]))
        assert not any("*" in action for action in named), role
        assert not ({"NotAction", "NotResource"} & statement.keys()), role
        if "*" in listed(statement["Resource"]) and statement["Effect"] == "Allow":
            assert named <= (INTERFACES if role == "RouterRole" else UNCONFINED), f"{role}: {named}"
    for properties in stack.of_type("AWS::IAM::Role").values():
        assert "ManagedPolicyArns" not in properties


def test_the_inference_function_may_write_its_logs_and_nothing_else(stack):
    ((_, statement),) = statements(stack, "InferenceRole")
    assert statement["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
    assert statement["Resource"] == {"Fn::GetAtt": ["InferenceLogs", "Arn"]}


def test_the_routers_code_may_not_touch_the_interfaces_that_lambda_makes_for_it(stack):
    (denied,) = [s for _, s in statements(stack, "RouterRole") if s["Effect"] == "Deny"]
    assert set(denied["Action"]) == INTERFACES
    assert denied["Condition"] == {
        "ArnLike": {"lambda:SourceFunctionArn": "arn:aws:lambda:eu-central-1:123456789012:function:*"}
    }


@pytest.mark.parametrize("action, condition", [
    ("ec2:RunInstances", {"ArnEquals": {"ec2:LaunchTemplate": {
        "Fn::Sub": "arn:aws:ec2:eu-central-1:123456789012:launch-template/${LaunchTemplate}"
    }}}),
    ("ec2:TerminateInstances", {"StringEquals": {"aws:ResourceTag/mark:stack": "mark"}}),
    ("ec2:CreateTags", {"StringEquals": {"ec2:CreateAction": ["CreateFleet", "RunInstances"]}}),
    ("iam:PassRole", {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}),
    ("iam:CreateServiceLinkedRole", {"StringEquals": {"iam:AWSServiceName": "spot.amazonaws.com"}}),
])
def test_the_controller_reaches_only_what_is_the_stacks(stack, action, condition):
    (statement,) = [s for _, s in statements(stack, "ControllerRole") if action in listed(s["Action"])]
    assert statement["Condition"] == condition


def test_a_backend_reaches_only_its_own_part_of_the_table(stack):
    keys = {
        action: statement["Condition"]["ForAllValues:StringEquals"]["dynamodb:LeadingKeys"]
        for _, statement in statements(stack, "BackendRole")
        for action in listed(statement["Action"])
        if action.startswith("dynamodb:")
    }
    assert keys == {"dynamodb:DeleteItem": ["fleet"], "dynamodb:UpdateItem": ["fleet"], "dynamodb:GetItem": ["token"]}


def operations() -> dict[str, str]:
    """The action that each function of the AWS client needs: `EC2.createFleet` needs `ec2:CreateFleet`."""
    found = {}
    for file in (ROOT / "Sources" / "AWS" / "Operations").glob("*.swift"):
        text = file.read_text()
        service = re.search(r"^(?:package enum|extension) (\w+)", text, re.M)[1]
        for function in re.split(r"static func ", text)[1:]:
            name = re.match(r"\w+", function)[0]
            operation = re.search(r'(?:Call\(\s*\.\w+,|items\()\s*"(\w+)"', function)
            permitted = re.search(r'permitted\(by: "([^"]+)"\)', function)
            if operation:
                action = f"{service.lower()}:{operation[1]}"
                found[f"{service}.{name}"] = permitted[1] if permitted else action.replace("lambda:Invoke", "lambda:InvokeFunction")
    return found


@pytest.mark.skipif(not (ROOT / "Sources" / "Control").is_dir(), reason="Sources/Control, which calls, is not here yet")
def test_the_controller_may_do_what_it_does_and_no_more(stack):
    known = operations()
    sources = "\n".join(
        file.read_text() for folder in ("Control", "Fleet") for file in (ROOT / "Sources" / folder).glob("*.swift")
    )
    called = {known[call] for call in set(re.findall(r"\b[A-Z]\w+\.[a-z]\w+(?=\()", sources)) if call in known}
    assert {"ec2:CreateFleet", "dynamodb:Query", "apigateway:PATCH", "lambda:InvokeFunction"} <= called
    assert actions(stack, "ControllerRole") == called | INDIRECT


# ---- Network and instances.


def test_the_own_network_has_no_hourly_price(stack):
    kinds = {resource["Type"] for resource in stack.resources.values()}
    priced = {"NatGateway", "EIP", "TransitGateway", "VPNConnection", "NetworkInterface", "Instance"}
    assert not kinds & {f"AWS::EC2::{kind}" for kind in priced}
    assert {e["VpcEndpointType"] for e in stack.of_type("AWS::EC2::VPCEndpoint").values()} == {"Gateway"}
    for subnet in stack.of_type("AWS::EC2::Subnet").values():
        assert not subnet.get("MapPublicIpOnLaunch"), "a public IPv4 address costs half a cent an hour"
    assert "NetworkInterfaces" not in stack.resources["LaunchTemplate"]["Properties"]["LaunchTemplateData"]


@pytest.mark.parametrize("zones", ["2", "3"])
def test_subnets_lie_side_by_side_in_zones_of_their_own(zones):
    stack = Stack(Zones=zones, VpcCidr="10.1.0.0/18")
    subnets = stack.of_type("AWS::EC2::Subnet")
    assert len(subnets) == int(zones)
    blocks = [ipaddress.ip_network(subnet["CidrBlock"]) for subnet in subnets.values()]
    assert all(block.subnet_of(ipaddress.ip_network("10.1.0.0/18")) for block in blocks)
    assert not any(a.overlaps(b) for a in blocks for b in blocks if a is not b)
    assert len({json.dumps(subnet["AvailabilityZone"]) for subnet in subnets.values()}) == int(zones)
    references = [{"Ref": name} for name in subnets]
    assert stack.resources["RouterFunction"]["Properties"]["VpcConfig"]["SubnetIds"] == references
    assert stack.variables("ControllerFunction")["MARK_SUBNETS"] == {"Fn::Join": [",", references]}
    routed = [a["SubnetId"] for a in stack.of_type("AWS::EC2::SubnetRouteTableAssociation").values()]
    assert routed == references


def test_a_given_vpc_is_used_as_it_is():
    stack = Stack(Vpc="vpc-1", Subnets="subnet-1,subnet-2")
    kinds = {resource["Type"] for resource in stack.resources.values()}
    assert {kind for kind in kinds if kind.startswith("AWS::EC2::")} == {
        "AWS::EC2::LaunchTemplate", "AWS::EC2::SecurityGroup", "AWS::EC2::SecurityGroupEgress"
    }
    assert {group["VpcId"] for group in stack.of_type("AWS::EC2::SecurityGroup").values()} == {"vpc-1"}
    network = stack.resources["RouterFunction"]["Properties"]["VpcConfig"]
    assert network == {"SubnetIds": ["subnet-1", "subnet-2"], "SecurityGroupIds": [{"Ref": "RouterSecurityGroup"}]}
    assert stack.variables("ControllerFunction")["MARK_SUBNETS"] == "subnet-1,subnet-2"
    # Its subnets may have no IPv6, so endpoints are the usual ones.
    assert "AWS_ENDPOINT_URL_LAMBDA" not in stack.variables("RouterFunction")
    assert "AWS_USE_DUALSTACK_ENDPOINT=false" in json.dumps(stack.resources["LaunchTemplate"])


def test_only_the_router_reaches_backends_and_nothing_reaches_the_router(stack):
    backend = stack.resources["BackendSecurityGroup"]["Properties"]
    (ingress,) = backend["SecurityGroupIngress"]
    assert (ingress["FromPort"], ingress["ToPort"]) == (8443, 8443)
    assert ingress["SourceSecurityGroupId"] == {"Ref": "RouterSecurityGroup"}
    router = stack.resources["RouterSecurityGroup"]["Properties"]
    assert "SecurityGroupIngress" not in router
    for group in (backend, router):
        assert {(rule["FromPort"], rule["ToPort"]) for rule in group["SecurityGroupEgress"]} == {(443, 443)}
    (forward,) = stack.of_type("AWS::EC2::SecurityGroupEgress").values()
    assert forward["GroupId"] == {"Ref": "RouterSecurityGroup"}
    assert forward["DestinationSecurityGroupId"] == {"Ref": "BackendSecurityGroup"}
    assert (forward["FromPort"], forward["ToPort"]) == (8443, 8443)
    assert stack.resources["RouterFunction"]["Properties"]["VpcConfig"]["Ipv6AllowedForDualStack"] is True


def test_instances_are_launched_safe_cheap_and_marked(stack):
    data = stack.resources["LaunchTemplate"]["Properties"]["LaunchTemplateData"]
    assert data["MetadataOptions"] == {"HttpTokens": "required", "HttpPutResponseHopLimit": 1}
    assert data["BlockDeviceMappings"][0]["Ebs"] == {"VolumeType": "gp3", "DeleteOnTermination": True}
    assert data["InstanceInitiatedShutdownBehavior"] == "terminate"
    # Types that are not burstable refuse to launch with it; the user data sets it instead.
    assert "CreditSpecification" not in data
    tags = {s["ResourceType"]: {tag["Key"]: tag["Value"] for tag in s["Tags"]} for s in data["TagSpecifications"]}
    assert tags["instance"]["mark:stack"] == tags["volume"]["mark:stack"] == "mark"


# ---- Watching.


@pytest.mark.parametrize("target, missed", [("0.9", 10), ("0.98", 2), ("0.995", 0.5), ("0.999", 0.1)])
def test_the_burn_rate_is_one_when_the_target_is_just_kept(target, missed):
    alarm = Stack(SloMs="250", SloTarget=target).resources["ObjectiveAlarm"]["Properties"]
    metrics = {metric["Id"]: metric for metric in alarm["Metrics"]}
    assert metrics["intime"]["MetricStat"]["Stat"] == "PR(:250)"
    assert [m["Id"] for m in alarm["Metrics"] if m["ReturnData"]] == ["burn"]

    def burn(intime: float, failed: int) -> float:
        names = {"FILL": lambda value, _: value, "intime": intime, "failed": failed, "requests": 1000}
        return eval(metrics["burn"]["Expression"], {"__builtins__": {}}, names)

    assert burn(100, 0) == 0
    assert burn(100 - missed, 0) == pytest.approx(1)
    assert burn(100, missed * 10) == pytest.approx(1)
    assert burn(100 - 7 * missed, 0) > alarm["Threshold"]


def test_a_controller_that_ends_no_run_well_for_five_minutes_rings(stack):
    alarm = stack.resources["ControllerAlarm"]["Properties"]
    metrics = {metric["Id"]: metric for metric in alarm["Metrics"]}

    def rings(runs: int, errors: int) -> bool:
        names = {"FILL": lambda value, _: value, "runs": runs, "errors": errors}
        return eval(metrics["ended"]["Expression"], {"__builtins__": {}}, names) < alarm["Threshold"]

    assert rings(0, 0) and rings(5, 5)
    assert not rings(5, 4) and not rings(5, 0)
    for name in ("runs", "errors"):
        assert metrics[name]["MetricStat"]["Metric"]["Dimensions"] == [{"Name": "FunctionName", "Value": {"Ref": "ControllerFunction"}}]
        assert metrics[name]["MetricStat"]["Period"] * alarm["EvaluationPeriods"] == 300
    assert (alarm["ComparisonOperator"], alarm["TreatMissingData"]) == ("LessThanThreshold", "breaching")


def test_alarms_go_to_the_topic_when_there_is_one(stack):
    topic = "arn:aws:sns:eu-central-1:123456789012:oncall"
    for alarm in Stack(AlarmTopic=topic).of_type("AWS::CloudWatch::Alarm").values():
        assert alarm["AlarmActions"] == alarm["OKActions"] == [topic]
    for alarm in stack.of_type("AWS::CloudWatch::Alarm").values():
        assert alarm["AlarmActions"] == []


def metrics_of(body: dict) -> set[tuple[str, str]]:
    """Namespace and name of each metric, with the dashboard's abbreviations written out."""
    found = set()
    for widget in body["widgets"]:
        last = []
        for metric in widget["properties"].get("metrics", []):
            names = [item for item in metric if isinstance(item, str)]
            if names == ["..."]:
                names = last
            names = [last[i] if name == "." else name for i, name in enumerate(names)]
            found.add((names[0], names[1]))
            last = names
    return found


def test_the_dashboard_shows_what_the_functions_write():
    stack = Stack(SloMs="250", SloTarget="0.95")
    body = json.loads(stack.resources["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"])
    shown = metrics_of(body)
    for name in ("Load", "Forecast", "CostPerHour", "BurnRate", "InstancesServing", "InstancesBooting", "InstancesDraining"):
        assert ("MARK", name) in shown
    latency = next(w["properties"] for w in body["widgets"] if "Latency" in w["properties"]["title"])
    assert [m[-1]["stat"] for m in latency["metrics"]] == ["p50", "p95", "p99"]
    assert latency["annotations"]["horizontal"][0]["value"] == 250
    # No two widgets on one place.
    places = [(w["x"], w["y"]) for w in body["widgets"]]
    assert len(set(places)) == len(places)


@pytest.mark.skipif(not (ROOT / "Sources" / "Control").is_dir(), reason="Sources/Control, which measures, is not here yet")
def test_the_dashboard_shows_every_metric_of_the_controller(stack):
    sources = (ROOT / "Sources" / "Control" / "CyclePlan+Status.swift").read_text()
    written = set(re.findall(r'\.add\("(\w+)"', sources)) | set(re.findall(r'\("(Instances\w+)",', sources))
    body = json.loads(stack.resources["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"])
    shown = {name for namespace, name in metrics_of(body) if namespace == "MARK" and not name.startswith("Router")}
    assert shown == written


@pytest.mark.skipif(not (ROOT / "Sources" / "Routing").is_dir(), reason="Sources/Routing, which counts, is not here yet")
def test_the_dashboard_shows_every_outcome_of_the_router(stack):
    sources = "\n".join(file.read_text() for file in (ROOT / "Sources" / "Routing").glob("*.swift"))
    causes = re.search(r"enum SpillCause.*?\n}", sources, re.S)
    written = {f"RouterSpilled{name}" for name in re.findall(r'case \w+ = "(\w+)"', causes[0])}
    written |= set(re.findall(r'"(Router(?:Served|Failed)\w*)"', sources))
    body = json.loads(stack.resources["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"])
    assert {name for _, name in metrics_of(body) if name.startswith("Router")} == written


def test_the_outputs_say_where_it_is_and_how_to_look_at_it(stack):
    assert stack.outputs["Url"]["Value"] == {"Fn::GetAtt": ["Api", "ApiEndpoint"]}
    assert stack.outputs["Status"]["Value"] == {"Fn::Sub": "mark status --function ${ControllerFunction}"}
    assert {"FunctionName", "RouterName", "ControllerName", "TableName", "DashboardUrl", "Try"} <= stack.outputs.keys()
