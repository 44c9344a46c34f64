#!/usr/bin/env python3
"""Writes requests.json, endpoints.json and signatures.json of Tests/AWSTests/Fixtures: what botocore sends for the operations that the product
uses, where to, and how it signs requests that are odd in every way (seed 7).

Needs botocore; last run with 1.44.8. Time, keys and identifiers are fixed and bodies compact, so Swift's requests must be the same bytes
and have the same signature. Parameters stand here in the order in which Swift writes them. Nothing is sent.
"""

import datetime
import functools
import json
import random
from pathlib import Path
from urllib.parse import quote, urlencode

import botocore
import botocore.auth
import botocore.awsrequest
import botocore.serialize
import botocore.session
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.config import Config
from botocore.credentials import Credentials

TOKEN = "a" * 64
REGION = "eu-central-1"
NOW = datetime.datetime(2026, 11, 24, 3, 14, 59, tzinfo=datetime.timezone.utc)
ARN = "arn:aws:lambda:eu-central-1:123456789012:function:mark:live"
TEMPLATE = {"LaunchTemplateId": "lt-1", "Version": "7"}
TAGS = [{"Key": "mark:stack", "Value": "shop & söhne"}, {"Key": "empty", "Value": ""}]
TABLE = {"TableName": "mark"}

FLEET = {
    "ClientToken": TOKEN,
    "Type": "instant",
    "SpotOptions": {"AllocationStrategy": "price-capacity-optimized", "InstanceInterruptionBehavior": "terminate"},
    "OnDemandOptions": {"AllocationStrategy": "lowest-price"},
    "LaunchTemplateConfigs": [{
        "LaunchTemplateSpecification": TEMPLATE,
        "Overrides": [
            {"InstanceType": "c7g.large", "SubnetId": "subnet-1"},
            {"InstanceType": "t4g.medium", "AvailabilityZone": "eu-central-1b"},
        ],
    }],
    "TargetCapacitySpecification": {
        "TotalTargetCapacity": 3, "OnDemandTargetCapacity": 1, "SpotTargetCapacity": 2, "DefaultTargetCapacityType": "spot",
    },
    "TagSpecifications": [{"ResourceType": "instance", "Tags": TAGS}],
}  # fmt: skip
PRIORITIES = FLEET | {
    "OnDemandOptions": {"AllocationStrategy": "prioritized"},
    "LaunchTemplateConfigs": [{
        "LaunchTemplateSpecification": TEMPLATE,
        "Overrides": [{"InstanceType": "c7g.large", "Priority": 1.0}, {"InstanceType": "c6g.large", "Priority": 2.5}],
    }],
    "TargetCapacitySpecification": {
        "TotalTargetCapacity": 2, "OnDemandTargetCapacity": 2, "SpotTargetCapacity": 0, "DefaultTargetCapacityType": "on-demand",
    },
}  # fmt: skip
PRIORITIES.pop("TagSpecifications")
RUN = {
    "ClientToken": TOKEN,
    "LaunchTemplate": TEMPLATE,
    "InstanceType": "c7g.large",
    "SubnetId": "subnet-1",
    "MinCount": 1,
    "MaxCount": 4,
    "InstanceMarketOptions": {
        "MarketType": "spot",
        "SpotOptions": {"SpotInstanceType": "one-time", "InstanceInterruptionBehavior": "terminate"},
    },
    "TagSpecifications": [{"ResourceType": kind, "Tags": TAGS} for kind in ("instance", "volume")],
}
RUN_ON_DEMAND = {
    "ClientToken": TOKEN, "LaunchTemplate": TEMPLATE, "InstanceType": "t4g.medium", "Placement": {"AvailabilityZone": "eu-central-1b"},
    "MinCount": 1, "MaxCount": 1,
}  # fmt: skip
LAUNCH_TEMPLATE = {
    "ClientToken": TOKEN,
    "LaunchTemplateName": "mark backend",
    "LaunchTemplateData": {
        "ImageId": "ami-1",
        "IamInstanceProfile": {"Name": "mark-backend"},
        "SecurityGroupIds": ["sg-1", "sg-2"],
        "UserData": "IyEvYmluL3NoCmVjaG8gKz0vCg==",
        "BlockDeviceMappings": [
            {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 8, "VolumeType": "gp3", "DeleteOnTermination": True}}
        ],
        "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 1},
        "InstanceInitiatedShutdownBehavior": "terminate",
    },
    "TagSpecifications": [{"ResourceType": "launch-template", "Tags": TAGS}],
}
METRICS = {
    "MetricDataQueries": [
        {
            "Id": "m1",
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/Lambda", "MetricName": "Invocations", "Dimensions": [{"Name": "FunctionName", "Value": "mark"}],
                },
                "Period": 60,
                "Stat": "Sum",
            },
            "ReturnData": False,
        },
        {"Id": "e1", "Expression": "FILL(m1, 0)", "ReturnData": True, "Period": 60},
    ],
    "StartTime": NOW - datetime.timedelta(hours=1),
    "EndTime": NOW,
    "ScanBy": "TimestampAscending",
}  # fmt: skip
ITEM = {
    "bytes": {"B": b"\x00\xff+/"}, "list": {"L": [{"N": "1"}, {"NULL": True}]}, "map": {"M": {"on": {"BOOL": True}}},
    "pk": {"S": 'fleet#"i-1"\n'}, "ttl": {"N": "1795490099"},
}  # fmt: skip
KEY = {"pk": {"S": "lease"}}
PUT = TABLE | {
    "Item": ITEM,
    "ConditionExpression": "attribute_not_exists(#0) OR #1 < :0",
    "ExpressionAttributeNames": {"#0": "pk", "#1": "until_ms"},
    "ExpressionAttributeValues": {":0": {"N": "5"}},
}
UPDATE = TABLE | {
    "Key": KEY,
    "UpdateExpression": "SET #0 = :0, until_ms = :1",
    "ConditionExpression": "#0 = :0 OR until_ms < :2",
    "ExpressionAttributeNames": {"#0": "holder"},
    "ExpressionAttributeValues": {":0": {"S": "me"}, ":1": {"N": "7"}, ":2": {"N": "5"}},
    "ReturnValues": "ALL_NEW",
}
DELETE = TABLE | {
    "Key": KEY,
    "ConditionExpression": "holder = :0",
    "ExpressionAttributeValues": {":0": {"S": "me"}},
}
QUERY = TABLE | {
    "KeyConditionExpression": "pk = :0",
    "FilterExpression": "#0 > :1",
    "ConsistentRead": True,
    "ExpressionAttributeNames": {"#0": "ttl"},
    "ExpressionAttributeValues": {":0": {"S": "fleet"}, ":1": {"N": "5"}},
}
PRICES = [
    ("regionCode", REGION), ("operatingSystem", "Linux"), ("tenancy", "Shared"), ("preInstalledSw", "NA"), ("capacitystatus", "Used"),
    ("licenseModel", "No License required"), ("instanceType", "c7g.large"),
]  # fmt: skip

REQUESTS = [
    ("fleet of two markets", "ec2", "create_fleet", FLEET),
    ("fleet by priority", "ec2", "create_fleet", PRIORITIES),
    ("spot instances", "ec2", "run_instances", RUN),
    ("on-demand instance", "ec2", "run_instances", RUN_ON_DEMAND),
    ("instances by tag", "ec2", "describe_instances", {
        "Filters": [
            {"Name": "tag:mark:stack", "Values": ["shop & söhne"]},
            {"Name": "instance-state-name", "Values": ["pending", "running"]},
        ],
        "MaxResults": 1000,
    }),
    ("instances by tag, second page", "ec2", "describe_instances", {
        "Filters": [{"Name": "tag:a", "Values": ["b"]}], "MaxResults": 1000, "NextToken": "a+b/c==",
    }),
    ("instances by id", "ec2", "describe_instances", {"InstanceIds": ["i-1", "i-2"]}),
    ("subnets", "ec2", "describe_subnets", {"SubnetIds": ["subnet-1", "subnet-2"]}),
    ("termination", "ec2", "terminate_instances", {"InstanceIds": ["i-1", "i-2"]}),
    ("spot prices", "ec2", "describe_spot_price_history", {
        "InstanceTypes": ["c7g.large", "t4g.medium"], "ProductDescriptions": ["Linux/UNIX"],
        "StartTime": NOW - datetime.timedelta(hours=1), "EndTime": NOW, "MaxResults": 1000,
    }),
    ("instance types by name", "ec2", "describe_instance_types", {"InstanceTypes": ["c7g.large"]}),
    ("instance types by filter", "ec2", "describe_instance_types", {
        "Filters": [{"Name": "processor-info.supported-architecture", "Values": ["arm64"]}], "MaxResults": 100,
    }),
    ("tags", "ec2", "create_tags", {"Resources": ["i-1"], "Tags": TAGS}),
    ("launch template", "ec2", "create_launch_template", LAUNCH_TEMPLATE),
    ("launch templates", "ec2", "describe_launch_templates", {"LaunchTemplateNames": ["mark backend"]}),
    ("invocation", "lambda", "invoke", {
        "FunctionName": "mark", "Qualifier": "live", "InvocationType": "RequestResponse", "Payload": b'{"warm": {"hold_ms": 50}}',
    }),
    ("invocation by ARN", "lambda", "invoke", {
        "FunctionName": ARN, "InvocationType": "RequestResponse", "Payload": b"{}",
    }),
    ("provisioned concurrency", "lambda", "get_provisioned_concurrency_config", {"FunctionName": ARN[:-5], "Qualifier": "live"}),
    ("provisioning", "lambda", "put_provisioned_concurrency_config", {
        "FunctionName": "mark", "Qualifier": "live", "ProvisionedConcurrentExecutions": 5,
    }),
    ("no more provisioning", "lambda", "delete_provisioned_concurrency_config", {"FunctionName": "mark", "Qualifier": "live"}),
    ("function configuration", "lambda", "get_function_configuration", {"FunctionName": "mark", "Qualifier": "live"}),
    ("reserved concurrency", "lambda", "get_function_concurrency", {"FunctionName": "mark"}),
    ("account settings", "lambda", "get_account_settings", {}),
    ("metric data", "cloudwatch", "get_metric_data", METRICS),
    ("item", "dynamodb", "get_item", TABLE | {"Key": KEY, "ConsistentRead": True}),
    ("conditional put", "dynamodb", "put_item", PUT),
    ("put", "dynamodb", "put_item", TABLE | {"Item": KEY}),
    ("update", "dynamodb", "update_item", UPDATE),
    ("deletion", "dynamodb", "delete_item", DELETE),
    ("query", "dynamodb", "query", QUERY),
    ("query, second page", "dynamodb", "query", QUERY | {"ExclusiveStartKey": {"pk": {"S": "fleet"}, "sk": {"N": "3"}}}),
    ("scan", "dynamodb", "scan", TABLE | {"ConsistentRead": True}),
    ("routes", "apigatewayv2", "get_routes", {"ApiId": "abc123"}),
    ("routes, second page", "apigatewayv2", "get_routes", {"ApiId": "abc123", "NextToken": "a+b/c=="}),
    ("integrations", "apigatewayv2", "get_integrations", {"ApiId": "abc123"}),
    ("route", "apigatewayv2", "update_route", {"ApiId": "abc123", "RouteId": "r1", "Target": "integrations/i1"}),
    ("parameter", "ssm", "get_parameter", {"Name": "/aws/service/ami", "WithDecryption": True}),
    ("prices", "pricing", "get_products", {
        "ServiceCode": "AmazonEC2", "Filters": [{"Type": "TERM_MATCH", "Field": k, "Value": v} for k, v in PRICES],
        "FormatVersion": "aws_v1", "MaxResults": 100,
    }),
]  # fmt: skip

ENDPOINTS = ["us-east-1", "eu-central-1", "ap-southeast-2", "cn-north-1"]
SERVICES = {
    "EC2": "ec2", "Lambda": "lambda", "CloudWatch": "cloudwatch", "DynamoDB": "dynamodb", "API Gateway": "apigatewayv2", "SSM": "ssm",
    "Pricing": "pricing",
}  # fmt: skip


def client(session, service, region, **config):
    made = session.create_client(
        service, region_name=region, aws_access_key_id="AKIDEXAMPLE", aws_secret_access_key="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        aws_session_token="token+/=", config=Config(ignore_configured_endpoint_urls=True, **config),
    )  # fmt: skip
    return made


def signed_only(request, **_):
    # Asks for Query's error codes, or for a type of answer: neither changes what is done.
    for name in ("X-Amzn-Query-Mode", "Accept"):
        del request.headers[name]
    # A body without a type is a form for some HTTP libraries.
    if request.body and "Content-Type" not in request.headers:
        request.headers["Content-Type"] = "application/json"


def capture(session, service, region, operation, parameters, **config):
    found = []

    def keep(request, **_):
        found.append(request)
        return AWSResponse(request.url, 500, {}, None)

    made = client(session, service, region, retries={"max_attempts": 0}, **config)
    made.meta.events.register("before-sign.*.*", signed_only)
    made.meta.events.register_first("before-send.*.*", keep)
    try:
        getattr(made, operation)(**parameters)
    except Exception:
        assert found, (service, operation)
    return found[0]


def odd_requests(count=200):
    """Requests whose every part is made of what encoders get wrong."""
    chance = random.Random(7)
    letters = "aZ09-._~ +&=%/:?#@!$'()*,;ü€😀\t"

    def text(most, alphabet=letters):
        return "".join(chance.choice(alphabet) for _ in range(chance.randint(0, most)))

    for _ in range(count):
        segments = [quote(text(6), safe="-._~") for _ in range(chance.randint(0, 4))]
        path = "/" + "/".join(chance.choice([segment, segment, segment, ".", "..", ""]) for segment in segments)
        query = [(text(4), text(4)) for _ in range(chance.randint(0, 5))]
        headers = [[f"X-Amz-{name}", text(8, "aZ0 \t;,=ü").strip(" \t")] for name in chance.sample("ABCDEF", chance.randint(0, 4))]
        method, body = chance.choice(["GET", "PUT", "POST", "PATCH", "DELETE"]), text(40)
        target = path + ("?" + urlencode(query, quote_via=quote) if query else "")
        request = AWSRequest(method, "https://h.example:8443" + target, data=body.encode())
        for name, value in headers:
            request.headers[name] = value
        SigV4Auth(Credentials("AKIDEXAMPLE", "secret/+=", chance.choice([None, "token"])), "lambda", REGION).add_auth(request)
        yield {
            "method": method, "path": path, "query": query, "headers": headers, "body": body, "target": target,
            "token": request.headers.get("X-Amz-Security-Token"), "authorization": request.headers["Authorization"],
        }  # fmt: skip


def main():
    # CloudWatch's model prefers CBOR; the product speaks its JSON.
    botocore.model.PRIORITY_ORDERED_SUPPORTED_PROTOCOLS = ("json", "rest-json", "rest-xml", "query", "ec2")
    botocore.serialize.json.dumps = functools.partial(json.dumps, separators=(",", ":"), ensure_ascii=False)
    # A form's blank is + for botocore and %20 for Swift; services take both.
    botocore.awsrequest.urlencode = functools.partial(urlencode, quote_via=quote)
    botocore.auth.get_current_datetime = lambda **_: NOW
    session = botocore.session.Session(profile=None)
    folder = Path(__file__).parent.parent / "Tests/AWSTests/Fixtures"
    requests = []
    for name, service, operation, parameters in REQUESTS:
        region = "us-east-1" if service == "pricing" else REGION
        sent = capture(session, service, region, operation, parameters)
        left_out = {"user-agent", "amz-sdk-invocation-id", "amz-sdk-request", "content-length"}
        headers = {key.lower(): value for key, value in sent.headers.items() if key.lower() not in left_out}
        headers = {key: value.decode() if isinstance(value, bytes) else value for key, value in headers.items()}
        body = sent.body or b""
        requests.append({
            "name": name, "method": sent.method, "url": sent.url, "headers": dict(sorted(headers.items())),
            "body": body if isinstance(body, str) else body.decode(),
        })  # fmt: skip
    endpoints = []
    for name, service in SERVICES.items():
        operation, parameters = next((o, p) for _, s, o, p in REQUESTS if s == service)
        for region in ENDPOINTS:
            for fips in (False, True):
                for dual in (False, True):
                    try:
                        sent = capture(session, service, region, operation, parameters, use_fips_endpoint=fips,
                                       use_dualstack_endpoint=dual)  # fmt: skip
                    except AssertionError:
                        continue
                    host = sent.url.split("/")[2]
                    scope = sent.headers["Authorization"].decode().split("/")[2]
                    endpoints.append([name, region, fips, dual, host, scope])
    note = f"botocore {botocore.__version__}, build-scripts/make-aws-fixtures.py"
    text = json.dumps({"source": note, "requests": requests}, indent=1, ensure_ascii=False)
    (folder / "requests.json").write_text(text + "\n")
    rows = ",\n".join(" " + json.dumps(row) for row in endpoints)
    (folder / "endpoints.json").write_text(f'{{"source": "{note}", "endpoints": [\n{rows}\n]}}\n')
    signatures = list(odd_requests())
    rows = ",\n".join(" " + json.dumps(row, ensure_ascii=False) for row in signatures)
    (folder / "signatures.json").write_text(f'{{"source": "{note}", "signatures": [\n{rows}\n]}}\n')
    print(f"Wrote {len(requests)} requests, {len(endpoints)} endpoints and {len(signatures)} signatures")


main()
