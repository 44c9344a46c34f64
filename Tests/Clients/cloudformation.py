"""The SAM template as CloudFormation would see it: transformed by AWS's own tool, its parameters, conditions and functions worked out."""

import ipaddress
import os
import re
from pathlib import Path

import yaml
from runtime_api import ROOT
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

TEMPLATE = ROOT / "template" / "template.yaml"
PSEUDO = {
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::Region": "eu-central-1",
    "AWS::StackName": "mark",
    "AWS::URLSuffix": "amazonaws.com",
}
ABSENT = object()

# The transformation names a region's partition; it asks AWS for nothing.
os.environ.setdefault("AWS_DEFAULT_REGION", PSEUDO["AWS::Region"])


class Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms of functions, and without aliases, which CloudFormation does not know."""

    def compose_node(self, parent, index):
        assert not self.check_event(yaml.AliasEvent), f"a YAML alias at {self.peek_event().start_mark}"
        return super().compose_node(parent, index)


def _function(loader: Loader, suffix: str, node: yaml.Node):
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    else:
        value = loader.construct_sequence(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


Loader.add_multi_constructor("!", _function)


def load(path: Path = TEMPLATE) -> dict:
    return yaml.load(path.read_text(), Loader)


class Stack:
    """What a deployment with some parameters would make; references to resources stay what they are."""

    def __init__(self, **parameters: str):
        template = load()
        unknown = parameters.keys() - template["Parameters"].keys()
        assert not unknown, f"the template has no parameters {unknown}"
        defaults = {name: str(p["Default"]) for name, p in template["Parameters"].items() if "Default" in p}
        self.values = PSEUDO | defaults | {"SloMs": "100"} | parameters
        # A local path stands for what `sam deploy` uploads.
        for resource in template["Resources"].values():
            if resource["Type"] == "AWS::Serverless::Function":
                resource["Properties"]["CodeUri"] = "s3://bucket/mark-lambda.zip"
        self.template = Translator({}, Parser()).translate(template, dict(self.values))
        self.resources = {
            name: self.resolve({key: value for key, value in resource.items() if key != "Condition"})
            for name, resource in self.template["Resources"].items()
            if "Condition" not in resource or self.holds(resource["Condition"])
        }
        self.outputs = self.resolve(self.template["Outputs"])

    def holds(self, condition: str) -> bool:
        return self.resolve(self.template["Conditions"][condition])

    def of_type(self, kind: str) -> dict[str, dict]:
        return {name: r["Properties"] for name, r in self.resources.items() if r["Type"] == kind}

    def variables(self, function: str) -> dict[str, str]:
        return self.resources[function]["Properties"]["Environment"]["Variables"]

    def resolve(self, value):
        """A value with everything worked out that does not need AWS."""
        match value:
            case {"Ref": "AWS::NoValue"}:
                return ABSENT
            case {"Ref": str(name)}:
                return self.values.get(name, value)
            case {"Condition": str(name)} if len(value) == 1:
                return self.holds(name)
            case {"Fn::If": [name, yes, no]}:
                return self.resolve(yes if self.holds(name) else no)
            case {"Fn::Equals": [left, right]}:
                return self.resolve(left) == self.resolve(right)
            case {"Fn::Not": [inner]}:
                return not self.resolve(inner)
            case {"Fn::And": parts}:
                return all(self.resolve(part) for part in parts)
            case {"Fn::FindInMap": [name, *path]}:
                found = self.template["Mappings"][name]
                for key in path:
                    found = found[self.resolve(key)]
                return found
            case {"Fn::Sub": text}:
                return self._substitute(text)
            case {"Fn::Join": [separator, parts]}:
                parts = self.resolve(parts)
                return separator.join(parts) if all(isinstance(p, str) for p in parts) else {"Fn::Join": [separator, parts]}
            case {"Fn::Split": [separator, text]}:
                return self.resolve(text).split(separator)
            case {"Fn::Select": [index, items]}:
                items = self.resolve(items)
                return items[int(index)] if isinstance(items, list) else {"Fn::Select": [index, items]}
            case {"Fn::Cidr": [block, count, bits]}:
                block = self.resolve(block)
                return _cidr(block, count, bits) if isinstance(block, str) else {"Fn::Cidr": [block, count, bits]}
            case dict():
                resolved = {key: self.resolve(item) for key, item in value.items()}
                return {key: item for key, item in resolved.items() if item is not ABSENT}
            case list():
                return [item for item in map(self.resolve, value) if item is not ABSENT]
            case _:
                return value

    def _substitute(self, value):
        text, own = value if isinstance(value, list) else (value, {})
        known = self.values | self.resolve(own)
        text = re.sub(r"\$\{([A-Za-z:]+)\}", lambda match: str(known.get(match[1], match[0])), text)
        return {"Fn::Sub": text} if re.search(r"\$\{[^!]", text) else text.replace("${!", "${")


def _cidr(block: str, count: int, bits: int) -> list[str]:
    network = ipaddress.ip_network(block)
    subnets = network.subnets(new_prefix=network.max_prefixlen - bits)
    return [str(next(subnets)) for _ in range(count)]
