"""The controller as a process, tick after tick, in a world whose clock and load the test sets."""

import json
import threading

import pytest
from control_world import MUTATING, World

STEADY = 40 * 60.0


@pytest.fixture
def make(tmp_path, bootstrap_path):
    worlds: list[World] = []

    def make(**more) -> World:
        folder = tmp_path / str(len(worlds))
        folder.mkdir()
        worlds.append(World(folder, bootstrap_path, **more))
        return worlds[-1]

    yield make
    for world in worlds:
        world.close()


@pytest.fixture
def world(make) -> World:
    return make()


def grow(world: World, controller, rate: float = STEADY, minutes: int = 12) -> None:
    """Sustained demand until the fleet stands and requests go to it."""
    world.sustain(rate)
    world.minute(controller, minutes)


def test_an_idle_stack_launches_nothing_and_asks_for_little(world):
    controller = world.controller()
    world.minute(controller, 3)
    assert world.instances() == [] and world.route == "inference"
    assert not set(world.calls) & {"CreateFleet", "UpdateRoute", "Invoke", "DescribeSpotPriceHistory"}
    # A metric that is asked for has its price: one a minute while nobody comes.
    assert world.calls.count("GetMetricData") == 3
    assert [line for line in controller.lines if "CloudWatchMetrics" in line] == []


@pytest.mark.parametrize("types", ["c5.large", ""], ids=["one type", "all types"])
def test_demand_gets_instances_once_then_the_route_and_its_end_takes_all_back(make, types):
    world = make(MARK_TYPES=types)
    controller = world.controller()
    grow(world, controller)
    fleet = world.instances()
    assert fleet and all(i.get("InstanceLifecycle") == "spot" for i in fleet)
    assert {t["Key"]: t["Value"] for t in fleet[0]["Tags"]}["mark:stack"] == "shop"
    assert world.route == "router"
    launches = len(world.fleets)
    world.minute(controller, 5)
    assert [i["InstanceId"] for i in world.instances()] == [i["InstanceId"] for i in fleet], "a steady load changes nothing"
    assert len(world.fleets) == launches
    assert world.item("token", "current"), "backends need a token before they register"

    world.rate = lambda minute: 0.0
    world.minute(controller, 25)
    assert world.instances() == [] and world.route == "inference"
    assert len(world.instances("terminated")) == len(fleet)
    # The route left the fleet before its last instance did.
    flip = max(n for n, call in enumerate(world.calls) if call == "UpdateRoute")
    last = max(n for n, call in enumerate(world.calls) if call == "TerminateInstances")
    assert flip < last


def test_a_decision_is_a_line_with_its_reason_and_its_runner_up_and_metrics_follow(world):
    controller = world.controller()
    grow(world, controller)
    lines = [json.loads(line) for line in controller.lines if line.startswith("{")]
    launch = next(line for line in lines if line.get("message") == "decision" and line["action"].startswith("launch"))
    assert launch["reason"] and launch["runner_up"]
    metrics = [line for line in lines if "_aws" in line]
    names = {m["Name"] for line in metrics for m in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]}
    assert {"Load", "Forecast", "CostPerHour", "InstancesServing", "InstancesBooting"} <= names
    assert metrics[-1]["Stack"] == "shop"
    decision = world.dynamo.query(
        TableName="shop-table", KeyConditionExpression="pk = :p", ExpressionAttributeValues={":p": {"S": "decision"}}
    )["Items"]
    assert decision and "launch" in decision[0]["decided"]["S"] and "ttl" in decision[0]


def test_a_tick_that_comes_twice_changes_nothing(world):
    controller = world.controller()
    grow(world, controller, minutes=2)
    before = [call for call in world.calls if call in MUTATING and call not in ("PutItem", "DeleteItem")]
    answer = controller.tick()
    assert answer["done"] is False and "tick" in answer["because"]
    assert [call for call in world.calls if call in MUTATING and call not in ("PutItem", "DeleteItem")] == before


def test_of_two_ticks_at_once_one_acts(world):
    one, other = world.controller(), world.controller()
    world.sustain(STEADY)
    for _ in range(8):
        world.clock.advance(60)
        world.beat()
        one.begin(one.event())
        other.begin(other.event())
        answers = [one.end(), other.end()]
        assert sum(answer["done"] for answer in answers) == 1, answers
    fleet = world.instances()
    solo = sum(int(f["TargetCapacitySpecification.TotalTargetCapacity"]) for f in world.fleets)
    assert len(fleet) == solo, "every launch was made once"


def test_a_spot_notice_gets_a_replacement_before_the_end(world):
    controller = world.controller()
    grow(world, controller)
    victim, size = world.instances()[0]["InstanceId"], len(world.instances())
    world.clock.advance(5)
    answer = controller.tell("EC2 Spot Instance Interruption Warning", victim, **{"instance-action": "terminate"})
    assert answer["done"]
    # At once: routers leave it, and another is on its way while it still runs.
    assert world.item("fleet", victim)["drain"]["BOOL"] is True
    assert len(world.instances()) == size + 1
    world.beat()
    world.ec2.terminate_instances(InstanceIds=[victim])
    controller.tell("EC2 Instance State-change Notification", victim, state="terminated")
    assert world.item("fleet", victim) is None
    world.minute(controller, 3)
    assert len(world.instances()) == size and victim not in [i["InstanceId"] for i in world.instances()]


def test_events_of_other_instances_are_none_of_ours(world):
    controller = world.controller()
    image = world.ec2.describe_images()["Images"][0]["ImageId"]
    other = world.ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, InstanceType="c5.large")["Instances"][0]["InstanceId"]
    answer = controller.tell("EC2 Spot Instance Interruption Warning", other, **{"instance-action": "terminate"})
    assert answer["done"] is False and other in answer["because"]
    assert world.item("warning", other) is None
    grow(world, controller)
    world.rate = lambda minute: 0.0
    world.minute(controller, 25)
    states = world.ec2.describe_instances(InstanceIds=[other])["Reservations"][0]["Instances"][0]["State"]["Name"]
    assert states == "running", "an instance without our tag was touched"


def test_what_instances_have_proved_to_take_outlives_them(make):
    world = make(MARK_TYPES="c5.large")
    controller = world.controller()
    # The profile promises far more, and so they are launched, and let go when they say what they can.
    world.capacity = "1"
    grow(world, controller, minutes=25)
    assert world.fleets and world.instances() == [] and world.document["capacities"]["c5.large"][0] == 1
    before = len(world.fleets)
    world.minute(controller, 20)
    assert len(world.fleets) == before, "the profile has launched again what has just proved too weak"


def test_what_could_not_be_drained_is_asked_again(world):
    controller = world.controller()
    grow(world, controller)
    fleet = {i["InstanceId"] for i in world.instances()}
    world.rate = lambda minute: 0.0
    # Registrations can be read and not changed, as long as some are to be let go.
    world.broken = {"UpdateItem"}
    while not any("step failed" in line and "drain" in line for line in controller.lines):
        world.minute(controller)
    assert all("draining_ms" not in i or i["draining_ms"] is None for i in world.document["known"].values())
    assert {i["InstanceId"] for i in world.instances()} == fleet
    world.broken = set()
    world.minute(controller)
    assert any(world.item("fleet", id)["drain"]["BOOL"] for id in fleet if world.item("fleet", id))


def test_an_instance_that_ends_before_it_serves_is_blamed_on_its_pool(make):
    world = make(MARK_TYPES="c5.large", MARK_MARKETS="spot")
    controller = world.controller()
    world.sustain(STEADY)
    while not world.instances():
        world.minute(controller)
    died = world.instances()
    world.ec2.terminate_instances(InstanceIds=[i["InstanceId"] for i in died])
    world.minute(controller)
    pools = {tuple(pool[0]) for pool in world.document["planner"]["spot_pools"]}
    assert {(i["InstanceType"], i["Placement"]["AvailabilityZone"]) for i in died} <= pools


def test_that_an_instance_goes_which_has_been_let_go_is_no_news(world):
    controller = world.controller()
    grow(world, controller)
    fleet = [i["InstanceId"] for i in world.instances()]
    world.rate = lambda minute: 0.0
    while "TerminateInstances" not in world.calls:
        world.minute(controller)
    gone = next(i for i in fleet if i not in [other["InstanceId"] for other in world.instances()])
    before = len(world.calls)
    answer = controller.tell("EC2 Instance State-change Notification", gone, state="shutting-down")
    assert answer["done"] is False and "let go" in answer["because"]
    assert not set(world.calls[before:]) & {"CreateFleet", "TerminateInstances", "GetMetricData"}


def test_an_event_that_comes_late_does_not_turn_the_clock_back(world):
    controller = world.controller()
    grow(world, controller)
    victim, size = world.instances()[0]["InstanceId"], len(world.instances())
    tick = world.document["last_tick"]
    answer = controller.tell("EC2 Spot Instance Interruption Warning", victim, ago=600, **{"instance-action": "terminate"})
    assert answer["done"] and world.document["last_tick"] == tick
    assert len(world.instances()) == size + 1


def test_what_one_process_has_trained_the_others_go_on_with(world):
    one, other = world.controller(), world.controller()
    began = world.began
    world.rate = lambda minute: 600.0 + 60 * (minute % 10) if minute >= began - 400 else 0.0
    world.clock.advance(60)
    # Too short to train in.
    other.begin(other.event(), seconds=25)
    assert other.end()["done"] and "trained_minute" in world.document and world.document["trained_minute"] is None
    world.minute(one)
    assert [line for line in one.lines if "trained on" in line]
    trained = world.document["trained_minute"]
    assert trained is not None
    world.minute(other)
    assert not [line for line in other.lines if "trained on" in line], "it would have to train anew if it did not know"
    assert world.document["trained_minute"] == trained


def test_an_instance_of_ours_that_never_serves_is_ended(world):
    controller = world.controller()
    image = world.ec2.describe_images()["Images"][0]["ImageId"]
    leak = world.ec2.run_instances(
        ImageId=image, MinCount=1, MaxCount=1, InstanceType="c5.large",
        TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "mark:stack", "Value": "shop"}]}],
    )["Instances"][0]["InstanceId"]  # fmt: skip
    world.minute(controller, 14, silent={leak})
    assert world.instances() == []


def test_an_instance_that_falls_silent_is_ended_and_replaced(make):
    world = make(MARK_TYPES="c5.large")
    controller = world.controller()
    grow(world, controller, rate=3 * STEADY)
    fleet = [i["InstanceId"] for i in world.instances()]
    assert len(fleet) > 1
    world.minute(controller, 5, silent={fleet[0]})
    now = [i["InstanceId"] for i in world.instances()]
    assert fleet[0] not in now and len(now) == len(fleet)


def test_a_lost_document_changes_no_fleet(world):
    controller = world.controller()
    grow(world, controller)
    fleet = [i["InstanceId"] for i in world.instances()]
    controller.kill()
    for key in ("document", "forecaster", "lease"):
        world.dynamo.delete_item(TableName="shop-table", Key={"pk": {"S": "controller"}, "sk": {"S": key}})
    world.minute(world.controller(), 4)
    assert [i["InstanceId"] for i in world.instances()] == fleet and world.route == "router"


@pytest.mark.parametrize("operation", ["DescribeInstances", "Query", "GetItem"])
def test_what_cannot_be_read_changes_nothing(world, operation):
    controller = world.controller()
    grow(world, controller)
    fleet = [i["InstanceId"] for i in world.instances()]
    world.broken = {operation}
    world.rate = lambda minute: 0.0
    before = len([call for call in world.calls if call in ("CreateFleet", "TerminateInstances", "UpdateRoute")])
    for _ in range(2):
        answer = world.minute(controller)
        assert answer["done"] is False and operation in answer["because"], answer
    assert len([call for call in world.calls if call in ("CreateFleet", "TerminateInstances", "UpdateRoute")]) == before
    world.broken = set()
    world.minute(controller, 25)
    assert world.instances() == [] and fleet


def test_without_request_counts_the_fleet_stays(world):
    controller = world.controller()
    grow(world, controller)
    fleet = [i["InstanceId"] for i in world.instances()]
    world.broken = {"GetMetricData"}
    world.minute(controller, 15)
    assert [i["InstanceId"] for i in world.instances()] == fleet


def test_without_its_subnets_the_fleet_stays_and_nothing_is_launched(world):
    controller = world.controller()
    grow(world, controller)
    fleet = [i["InstanceId"] for i in world.instances()]
    # A new process does not know them yet.
    controller.kill()
    world.broken = {"DescribeSubnets"}
    world.rate = lambda minute: 4 * STEADY
    world.minute(world.controller(), 5)
    assert [i["InstanceId"] for i in world.instances()] == fleet and fleet


def test_pools_without_capacity_are_left_for_others(world):
    controller = world.controller()
    world.empty_pools = {f"c5.large@{zone}" for zone in world.subnets.values()}
    grow(world, controller)
    fleet = world.instances()
    assert fleet and all(i["InstanceType"] != "c5.large" or i.get("InstanceLifecycle") != "spot" for i in fleet)


def test_of_a_launch_that_is_granted_in_part_the_rest_comes_from_elsewhere(make):
    # In one zone equal launches are one request.
    whole, part = [make(MARK_TYPES="c5.large", zones=1) for _ in range(2)]
    part.fleet_max = 1
    for world in (whole, part):
        grow(world, world.controller(), rate=7 * STEADY)
    assert any(int(f["TargetCapacitySpecification.TotalTargetCapacity"]) > 1 for f in part.fleets), "nothing was granted in part"
    assert len(part.instances()) >= len(whole.instances()) - 1 > 1, "on demand the last one may not be worth it"
    # The pool that had no more is left alone, and what was missing is bought on the other market.
    assert any(i.get("InstanceLifecycle") != "spot" for i in part.instances())


def test_a_dry_run_decides_and_changes_nothing(make):
    world = make(MARK_DRY_RUN="true")
    controller = world.controller()
    grow(world, controller)
    assert not set(world.calls) & set(MUTATING), set(world.calls) & set(MUTATING)
    assert any('"message":"decision"' in line and "launch" in line for line in controller.lines)


def test_environments_are_warmed_at_once_before_anything_is_taken_away(world):
    controller = world.controller()
    grow(world, controller, minutes=4)
    assert world.peak > 1, "warm-ups overlap, each in an environment of its own"
    first_fleet = world.calls.index("CreateFleet")
    assert "Invoke" in world.calls and "TerminateInstances" not in world.calls[:first_fleet]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, bootstrap_path) -> list[str]:
    """The fleet that nothing disturbed."""
    world = World(tmp_path_factory.mktemp("undisturbed"), bootstrap_path)
    grow(world, world.controller())
    fleet = sorted(i["InstanceType"] for i in world.instances())
    world.close()
    return fleet


@pytest.mark.parametrize("skew", [0, 3600])
def test_a_storm_of_failures_ends_in_the_same_fleet(make, undisturbed, skew):
    world = make(storm=True, skew=skew)
    grow(world, world.controller())
    assert sorted(i["InstanceType"] for i in world.instances()) == undisturbed
    assert world.route == "router"
    assert {"throttled", "effect then 500", "reset"} <= set(world.front.spoilt)


KILLS = [(operation, when) for operation in ("PutItem", "DescribeInstances", "CreateFleet", "Invoke", "UpdateRoute") for when in ("before", "after")]  # fmt: skip


@pytest.mark.parametrize("operation, when", KILLS)
def test_a_controller_that_is_killed_at_a_step_leaves_nothing_that_the_next_does_not_mend(world, undisturbed, operation, when):
    world.sustain(STEADY)
    controller = world.controller()
    reached = threading.Event()

    def trap(name: str, moment: str) -> bool:
        if (name, moment) == (operation, when) and not reached.is_set():
            reached.set()
            controller.kill()
            return True
        return False

    world.trap = trap
    for _ in range(12):
        world.clock.advance(60)
        world.beat()
        controller.begin(controller.event())
        try:
            controller.end()
        except ConnectionError:
            break
    assert reached.is_set(), f"{operation} was never reached"
    world.trap = None
    successor = world.controller()
    world.minute(successor, 10)
    fleet = [i["InstanceId"] for i in world.instances()]
    assert sorted(i["InstanceType"] for i in world.instances()) == undisturbed
    assert world.route == "router"
    launched = sum(int(f["TargetCapacitySpecification.TotalTargetCapacity"]) for f in world.fleets)
    assert len(fleet) <= launched


def test_the_command_line_shows_a_stack_and_its_next_tick_and_changes_nothing(world):
    controller = world.controller()
    early = world.command("status", "--function", "shop-controller", fails=True)
    assert "has not carried out a tick yet" in early
    grow(world, controller)
    before = len(world.calls)
    status = json.loads(world.command("status", "--function", "shop-controller", "--json"))
    assert status["route"] == "router" and status["load_rps"] == 40
    assert [i["id"] for i in status["fleet"]] == [i["InstanceId"] for i in world.instances()]
    assert 0 < status["dollars_per_hour"]["total"] < status["dollars_per_hour"]["lambda_alone"]
    table = world.command("status", "--function", "shop-controller")
    assert "router function" in table and world.instances()[0]["InstanceId"] in table and "PROBLEM" not in table
    world.sustain(8 * STEADY)
    world.clock.advance(240)
    world.beat()
    plan = world.command("plan", "--live", "--function", "shop-controller", "--model", str(world.models / "m"))
    assert "launch" in plan and "otherwise" in plan
    assert not set(world.calls[before:]) & set(MUTATING)
    assert "name the stack's controller" in world.command("status", fails=True)
