#!/usr/bin/env bash
# Removes a stack so that nothing of it is left that costs.
#
#   build-scripts/remove.sh STACK [--yes] [--grace SECONDS]
#
# CloudFormation does not know the instances that the controller launched, and could not delete the network they are in. So: the controller
# is stopped, the instances that carry the stack's tag are ended, and then the stack is deleted. May be run again after a failure.
# Region and credentials are those of the AWS CLI. --grace: how long a tick that runs already may go on launching; 60 by default.
set -euo pipefail

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

stack="" yes=0 grace=60
while [ $# -gt 0 ]; do
    case $1 in
        --yes) yes=1; shift ;;
        --grace) grace=${2:?--grace needs seconds}; shift 2 ;;
        -*) fail "unknown option $1; known are --yes and --grace SECONDS" ;;
        *) [ -z "$stack" ] || fail "one stack at a time: $stack or $1"; stack=$1; shift ;;
    esac
done
[ -n "$stack" ] || fail "which stack? build-scripts/remove.sh STACK"
[[ $grace =~ ^[0-9]+$ ]] || fail "--grace is '$grace'; expected seconds"
command -v aws >/dev/null || fail "the AWS CLI is needed: https://aws.amazon.com/cli"

# The controller's name; nothing when there is no stack any more.
controller() {
    local answer
    if answer=$(aws cloudformation describe-stack-resource --stack-name "$stack" --logical-resource-id ControllerFunction \
        --query StackResourceDetail.PhysicalResourceId --output text 2>&1); then
        echo "$answer"
    else
        # The one failure that is no failure; any other, wrong credentials say, must not look like a stack that is gone.
        [[ $answer == *"does not exist"* ]] || fail "$answer"
    fi
}

# Instances of the stack that are not gone yet.
instances() {
    aws ec2 describe-instances --output text --query 'Reservations[].Instances[].InstanceId' \
        --filters "Name=tag:mark:stack,Values=$stack" "Name=instance-state-name,Values=pending,running,stopping,stopped,shutting-down"
}

end_instances() {
    local ids
    ids=$(instances)
    [ -n "$ids" ] || return 0
    say "ending $(wc -w <<<"$ids") instances: $(xargs <<<"$ids")"
    # shellcheck disable=SC2086
    aws ec2 terminate-instances --instance-ids $ids >/dev/null
    # shellcheck disable=SC2086
    aws ec2 wait instance-terminated --instance-ids $ids
}

function=$(controller)
[ -n "$function" ] || [ -n "$(instances)" ] || fail "there is no stack $stack in this region and account, and no instance with its tag"
if [ $yes = 0 ]; then
    [ -t 0 ] || fail "this deletes $stack for good; say --yes where nobody can be asked"
    read -rp "This deletes $stack and ends its instances for good. Its name, to go on: " answer
    [ "$answer" = "$stack" ] || fail "nothing was done"
fi

started=$SECONDS
if [ -n "$function" ]; then
    say "stopping the controller; to keep the stack after all: aws lambda delete-function-concurrency --function-name $function"
    aws lambda put-function-concurrency --function-name "$function" --reserved-concurrent-executions 0 >/dev/null
fi
end_instances
rest=$((grace - (SECONDS - started)))
if [ -n "$function" ] && [ $rest -gt 0 ]; then
    say "waiting $rest s for a tick that may still run"
    sleep $rest
fi
end_instances
if [ -n "$function" ]; then
    say "deleting the stack; Lambda takes up to half an hour to give back the router's network interfaces"
    aws cloudformation delete-stack --stack-name "$stack"
    aws cloudformation wait stack-delete-complete --stack-name "$stack"
fi
left=$(instances)
[ -z "$left" ] || fail "instances are still there: $left; run this again"
say "$stack is gone. The zips that were uploaded stay in the deployment bucket: cents a month, or delete them there"
