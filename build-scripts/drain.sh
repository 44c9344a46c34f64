#!/usr/bin/env bash
# Asks all backends of a stack to finish what they have and go, so that new ones come up with the zip that is live now.
#
#   build-scripts/drain.sh STACK
#
# No request is lost: the inference function takes the load until the controller has bought anew, if it is still worth it.
# Region and credentials are those of the AWS CLI.
set -euo pipefail

fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

[ $# = 1 ] || fail "which stack? build-scripts/drain.sh STACK"
command -v aws >/dev/null || fail "the AWS CLI is needed: https://aws.amazon.com/cli"
table=$(aws cloudformation describe-stack-resource --stack-name "$1" --logical-resource-id Table \
    --query StackResourceDetail.PhysicalResourceId --output text)
backends=$(aws dynamodb query --table-name "$table" --key-condition-expression 'pk = :fleet' \
    --expression-attribute-values '{":fleet": {"S": "fleet"}}' --query 'Items[].sk.S' --output text)
[ -n "$backends" ] || { echo "no backend is registered" >&2; exit 0; }
for backend in $backends; do
    # One that has gone meanwhile must not come back as an item without an address.
    answer=$(aws dynamodb update-item --table-name "$table" --key "{\"pk\": {\"S\": \"fleet\"}, \"sk\": {\"S\": \"$backend\"}}" \
        --update-expression 'SET #drain = :true, #state = :draining' --condition-expression 'attribute_exists(pk)' \
        --expression-attribute-names '{"#drain": "drain", "#state": "state"}' \
        --expression-attribute-values '{":true": {"BOOL": true}, ":draining": {"S": "draining"}}' 2>&1) \
        || [[ $answer == *ConditionalCheckFailed* ]] || fail "$answer"
    echo "$backend drains"
done
