"""The template's resources made in moto, and the operator's scripts run on them with the real AWS CLI.

What moto's CloudFormation does not know (BY_API) is made through each service's own API, from the same properties.
"""

import io
import json
import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import boto3
import pytest
from boto3.dynamodb.conditions import Key
from cloudformation import Stack
from runtime_api import ROOT
from test_aws import REGION, Moto

BY_API = {
    "AWS::ApiGatewayV2::Api",
    "AWS::ApiGatewayV2::Integration",
    "AWS::ApiGatewayV2::Route",
    "AWS::ApiGatewayV2::Stage",
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::EC2::SecurityGroupEgress",
    "AWS::Lambda::Alias",
    "AWS::Scheduler::Schedule",
}
# Not in moto in any way, or, as the route, of no effect without what is not.
LEFT_OUT = {"AWS::EC2::EgressOnlyInternetGateway", "AWS::EC2::VPCCidrBlock", "AWS::Lambda::EventInvokeConfig", "RouteOutOverIPv6"}
ALIAS = "InferenceFunctionAliaslive"


class Deployment:
    """The stack `mark` in moto."""

    def __init__(self, moto: Moto, **parameters: str):
        self.moto, self.client, self.stack = moto, moto.client, Stack(**parameters)
        self.api = self.client("apigatewayv2").create_api(**self.stack.resources["Api"]["Properties"])["ApiId"]
        self._upload()
        left = BY_API | LEFT_OUT
        template = {
            "Resources": {
                name: self._known(resource)
                for name, resource in self.stack.resources.items()
                if resource["Type"] not in left and name not in left
            }
        }
        self.client("cloudformation").create_stack(
            StackName="mark", TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM"]
        )
        self.ids = {"Api": self.api} | {
            r["LogicalResourceId"]: r.get("PhysicalResourceId", "")
            for r in self.client("cloudformation").describe_stack_resources(StackName="mark")["StackResources"]
        }

    def _known(self, value):
        """A resource whose references to what is not in the template are replaced."""
        match value:
            case {"Ref": "Api"}:
                return self.api
            case {"Ref": str(name)} if name == ALIAS:
                return {"Fn::GetAtt": ["InferenceFunction", "Arn"]}
            case str():
                return value.replace("${Api}", self.api)
            case dict():
                # The network's IPv6 block is not there.
                return {k: self._known(v) for k, v in value.items() if k not in ("Ipv6CidrBlock", "DependsOn")}
            case list():
                return [self._known(item) for item in value]
            case _:
                return value

    def _upload(self) -> None:
        code = io.BytesIO()
        with zipfile.ZipFile(code, "w") as archive:
            archive.writestr("bootstrap", "")
        s3 = self.client("s3")
        s3.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_object(Bucket="bucket", Key="mark-lambda.zip", Body=code.getvalue())

    def launch(self, instances: int = 1) -> list[str]:
        """Instances as the controller launches them."""
        answer = self.client("ec2").run_instances(
            LaunchTemplate={"LaunchTemplateId": self.ids["LaunchTemplate"], "Version": "$Latest"},
            ImageId=self.client("ec2").describe_images()["Images"][0]["ImageId"],
            InstanceType="c7i.large",
            # EC2 takes the image's size; moto has none.
            BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 8}}],
            SubnetId=self.stack_subnet(),
            MinCount=instances,
            MaxCount=instances,
        )
        return [instance["InstanceId"] for instance in answer["Instances"]]

    def stack_subnet(self) -> str:
        variables = self.client("lambda").get_function_configuration(FunctionName=self.ids["ControllerFunction"])["Environment"]
        return variables["Variables"]["MARK_SUBNETS"].split(",")[0]

    def table(self):
        resource = boto3.resource("dynamodb", REGION, endpoint_url=self.moto.url, aws_access_key_id="a", aws_secret_access_key="b")
        return resource.Table(self.ids["Table"])

    def states(self, *ids: str) -> set[str]:
        answer = self.client("ec2").describe_instances(InstanceIds=list(ids))
        return {i["State"]["Name"] for r in answer["Reservations"] for i in r["Instances"]}

    def arn(self, function: str) -> str:
        return self.client("lambda").get_function(FunctionName=self.ids[function])["Configuration"]["FunctionArn"]


@pytest.fixture(scope="module")
def moto():
    server = Moto()
    yield server
    server.close()


@pytest.fixture(scope="module")
def whole(moto):
    """With its own network, for tests that change nothing of it."""
    moto.post("reset")
    return Deployment(moto)


@pytest.fixture
def deployment(moto):
    """In a network that is there already: moto does not delete one in an order that works."""
    moto.post("reset")
    subnets = moto.client("ec2").describe_subnets()["Subnets"]
    return Deployment(moto, Vpc=subnets[0]["VpcId"], Subnets=",".join(subnet["SubnetId"] for subnet in subnets[:2]))


@pytest.fixture
def run(moto, tmp_path):
    """Runs one of the scripts with the real AWS CLI against moto."""
    cli = shutil.which("aws", path=f"{ROOT / '.dependencies' / 'aws-cli' / 'bin'}:{os.environ['PATH']}")
    if not cli:
        pytest.skip("needs the AWS CLI, which build-scripts/test.sh installs")
    # Notes what is called, on the way to the real one.
    noting = tmp_path / "bin" / "aws"
    noting.parent.mkdir()
    noting.write_text(f'#!/bin/sh\necho "$1 $2" >>{tmp_path}/calls\nexec {cli} "$@"\n')
    noting.chmod(0o755)
    variables = {
        "PATH": f"{noting.parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "AWS_ENDPOINT_URL": moto.url,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
    }

    def run(script: str, *arguments: str, **changes: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [ROOT / "build-scripts" / script, *arguments],
            env=variables | changes, capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL,
        )

    return run


# ---- The resources.


def test_everything_that_the_stand_in_knows_is_made(whole):
    made = whole.client("cloudformation").describe_stacks(StackName="mark")["Stacks"][0]
    assert made["StackStatus"] == "CREATE_COMPLETE"
    assert whole.ids.keys() >= {"LaunchTemplate", "Table", "SubnetC", "RouterFunction", "ControllerFunction", "BackendProfile"}
    functions = whole.client("lambda").list_functions()["Functions"]
    assert {f["Environment"]["Variables"]["MARK_ROLE"] for f in functions} == {"inference", "router", "controller"}
    subnets = whole.client("ec2").describe_subnets(SubnetIds=[whole.ids[f"Subnet{x}"] for x in "ABC"])["Subnets"]
    assert len({subnet["AvailabilityZone"] for subnet in subnets}) == 3


def test_the_controllers_variables_name_what_was_made(whole):
    variables = whole.client("lambda").get_function_configuration(
        FunctionName=whole.ids["ControllerFunction"]
    )["Environment"]["Variables"]
    assert variables["MARK_LAUNCH_TEMPLATE"] == whole.ids["LaunchTemplate"]
    assert variables["MARK_SUBNETS"].split(",") == [whole.ids[f"Subnet{x}"] for x in "ABC"]
    assert variables["MARK_TABLE"] == whole.ids["Table"]
    assert variables["MARK_ROUTER"] == whole.arn("RouterFunction")
    assert variables["MARK_API"] == whole.ids["Api"]


def test_an_instance_of_the_launch_template_is_marked_and_private(whole):
    ec2 = whole.client("ec2")
    (instance,) = whole.launch()
    described = ec2.describe_instances(Filters=[{"Name": "tag:mark:stack", "Values": ["mark"]}])["Reservations"][0]["Instances"][0]
    assert described["InstanceId"] == instance
    assert [g["GroupId"] for g in described["SecurityGroups"]] == [whole.ids["BackendSecurityGroup"]]
    data = ec2.describe_launch_template_versions(LaunchTemplateId=whole.ids["LaunchTemplate"])["LaunchTemplateVersions"][0]
    assert data["LaunchTemplateData"]["MetadataOptions"]["HttpTokens"] == "required"


@pytest.mark.parametrize("architecture", ["x86_64", "arm64"])
def test_the_image_is_one_that_amazon_publishes(whole, architecture):
    # moto has the public parameters as AWS had them.
    name = Stack(Architecture=architecture).resources["LaunchTemplate"]["Properties"]["LaunchTemplateData"]["ImageId"]
    parameter = whole.client("ssm").get_parameter(Name=name.removeprefix("resolve:ssm:"))["Parameter"]
    assert parameter["Value"].startswith("ami-")


def test_the_table_takes_the_fleets_items(whole):
    table = whole.table()
    table.put_item(Item={"pk": "fleet", "sk": "i-1", "ttl": 1})
    assert table.query(KeyConditionExpression=Key("pk").eq("fleet"))["Count"] == 1


def test_the_route_is_flipped_between_two_integrations(whole):
    gateway, api = whole.client("apigatewayv2"), whole.ids["Api"]
    targets = {"InferenceIntegration": whole.arn("InferenceFunction") + ":live", "RouterIntegration": whole.arn("RouterFunction")}
    ids = {}
    for name, uri in targets.items():
        properties = whole.stack.resources[name]["Properties"] | {"ApiId": api, "IntegrationUri": uri}
        ids[name] = gateway.create_integration(**properties)["IntegrationId"]
    route = whole.stack.resources["Route"]["Properties"]
    target = route["Target"]["Fn::Sub"].replace("${InferenceIntegration}", ids["InferenceIntegration"])
    made = gateway.create_route(ApiId=api, RouteKey=route["RouteKey"], Target=target)
    gateway.update_route(ApiId=api, RouteId=made["RouteId"], Target=f"integrations/{ids['RouterIntegration']}")
    (route,) = gateway.get_routes(ApiId=api)["Items"]
    assert (route["RouteKey"], route["Target"]) == ("$default", f"integrations/{ids['RouterIntegration']}")


def test_schedule_alarms_and_dashboard_are_what_their_services_take(whole):
    tick = whole.stack.resources["Tick"]["Properties"]
    target = tick["Target"] | {"Arn": whole.arn("ControllerFunction"), "RoleArn": "arn:aws:iam::123456789012:role/tick"}
    whole.client("scheduler").create_schedule(Name="tick", **(tick | {"Target": target}))
    cloudwatch = whole.client("cloudwatch")
    for name in ("ObjectiveAlarm", "ControllerAlarm"):
        properties = json.loads(
            json.dumps(whole.stack.resources[name]["Properties"])
            .replace('{"Ref": "Api"}', '"api"')
            .replace('{"Ref": "ControllerFunction"}', '"controller"')
        )
        cloudwatch.put_metric_alarm(AlarmName=name, **properties)
    assert len(cloudwatch.describe_alarms()["MetricAlarms"]) == 2
    body = whole.stack.resources["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    assert not cloudwatch.put_dashboard(DashboardName="mark", DashboardBody=body).get("DashboardValidationMessages")


# ---- Removing and draining.


def test_removing_ends_the_stacks_instances_and_no_others(deployment, run, tmp_path):
    mine = deployment.launch(3)
    other = deployment.client("ec2").run_instances(
        ImageId=deployment.client("ec2").describe_images()["Images"][0]["ImageId"], MinCount=1, MaxCount=1,
        TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "mark:stack", "Value": "mark-two"}]}],
    )["Instances"][0]["InstanceId"]
    result = run("remove.sh", "mark", "--yes", "--grace", "0")
    assert result.returncode == 0, result.stderr
    assert deployment.states(*mine) == {"terminated"}
    assert deployment.states(other) == {"running"}
    assert not deployment.client("cloudformation").describe_stacks()["Stacks"]
    assert not deployment.client("ec2").describe_launch_templates()["LaunchTemplates"]
    assert "ending 3 instances" in result.stderr and "mark is gone" in result.stderr
    # The controller first, or it would buy anew; instances before the network that they are in.
    steps = ["lambda put-function-concurrency", "ec2 terminate-instances", "ec2 wait", "cloudformation delete-stack", "cloudformation wait"]
    calls = (tmp_path / "calls").read_text().splitlines()
    assert [call for call in calls if call in steps] == steps


def test_instances_that_an_earlier_deletion_left_are_ended(deployment, run):
    mine = deployment.launch(2)
    deployment.client("cloudformation").delete_stack(StackName="mark")
    result = run("remove.sh", "mark", "--yes", "--grace", "0")
    assert result.returncode == 0, result.stderr
    assert deployment.states(*mine) == {"terminated"}


@pytest.mark.parametrize("arguments, remedy", [
    ([], "which stack?"),
    (["nothing-here", "--yes"], "there is no stack nothing-here"),
    (["mark"], "say --yes"),
    (["mark", "--grace", "soon"], "expected seconds"),
    (["mark", "--force"], "unknown option --force"),
    (["mark", "mark-two"], "one stack at a time"),
])
def test_removing_refuses_what_it_cannot_be_sure_of(deployment, run, arguments, remedy):
    mine = deployment.launch()
    result = run("remove.sh", *arguments)
    assert result.returncode != 0 and remedy in result.stderr
    assert deployment.states(*mine) == {"running"}


def test_credentials_that_fail_are_not_taken_for_a_stack_that_is_gone(deployment, run):
    result = run("remove.sh", "mark", "--yes", AWS_ENDPOINT_URL="http://127.0.0.1:1", AWS_MAX_ATTEMPTS="1")
    assert result.returncode != 0
    assert "127.0.0.1:1" in result.stderr and "there is no stack" not in result.stderr


def test_draining_asks_every_backend_and_touches_nothing_else(deployment, run):
    table = deployment.table()
    for name in ("i-1", "i-2"):
        table.put_item(Item={"pk": "fleet", "sk": name, "state": "serving", "port": 8443})
    table.put_item(Item={"pk": "controller", "sk": "document", "state": "x"})
    result = run("drain.sh", "mark")
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines() == ["i-1 drains", "i-2 drains"]
    items = {item["sk"]: item for item in table.scan()["Items"]}
    for name in ("i-1", "i-2"):
        # As FleetTable.askToDrain writes it.
        assert (items[name]["drain"], items[name]["state"], items[name]["port"]) == (True, "draining", 8443)
    assert items["document"] == {"pk": "controller", "sk": "document", "state": "x"}


def test_draining_nothing_is_no_failure(deployment, run):
    result = run("drain.sh", "mark")
    assert (result.returncode, result.stderr) == (0, "no backend is registered\n")


def test_the_aws_cli_packages_all_functions_from_one_upload(deployment, run, tmp_path):
    # As README says for whoever has no SAM.
    code = ROOT / ".build" / "mark-lambda.zip"
    if not code.exists():
        pytest.skip("no zip: run build-scripts/package.sh")
    packaged = tmp_path / "packaged.yaml"
    script = tmp_path / "package.sh"
    script.write_text(
        f"#!/bin/sh\nexec aws cloudformation package --template-file {ROOT}/template/template.yaml --s3-bucket bucket "
        f"--output-template-file {packaged}\n"
    )
    script.chmod(0o755)
    result = run(str(script))
    assert result.returncode == 0, result.stderr
    uris = [line.split(": ", 1)[1] for line in packaged.read_text().splitlines() if "CodeUri:" in line]
    assert len(uris) == 3 and len(set(uris)) == 1 and uris[0].startswith("s3://bucket/")
