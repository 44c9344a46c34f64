import Planning
import Wire

extension EC2Service {
    func describeInstances(_ request: Parameters) throws(ServiceFailure) -> JSON {
        let ids = request.strings("InstanceId")
        if let id = ids.first(where: { instances[$0] == nil }) {
            throw ServiceFailure(
                "InvalidInstanceID.NotFound",
                "The instance ID '\(cropped(id, to: 40))' does not exist"
            )
        }
        let size = try request.integer("MaxResults", 5...1000)
        guard ids.isEmpty || size == nil else {
            throw ServiceFailure(
                "InvalidParameterCombination",
                "The parameter instancesSet cannot be used with the parameter maxResults"
            )
        }
        var found: [CloudInstance] = []
        for instance in ordered where ids.isEmpty || ids.contains(instance.id) {
            if try Self.meets(request, values: { Self.values($0, instance) }) { found.append(instance) }
        }
        let page = try Page(found, size: size ?? 1000, token: request.string("NextToken"))
        var reservations: [(id: String, instances: [CloudInstance])] = []
        for instance in page.elements {
            if let position = reservations.firstIndex(where: { $0.id == instance.reservation }) {
                reservations[position].instances.append(instance)
            } else {
                reservations.append((instance.reservation, [instance]))
            }
        }
        return [
            "reservationSet": .array(reservations.map { reservation($0.id, $0.instances) }),
            "nextToken": page.nextToken.map { .string($0) } ?? .null,
        ]
    }

    private static func values(_ name: String, _ instance: CloudInstance) -> [String]? {
        switch name {
        case "instance-id": [instance.id]
        case "instance-state-name": [instance.state.name]
        case "instance-type": [instance.type.name]
        case "availability-zone": [instance.zone]
        case "subnet-id": [instance.subnet.id]
        // On-demand instances have no value under it.
        case "instance-lifecycle": instance.market == .spot ? ["spot"] : []
        case "client-token": instance.clientToken.map { [$0] } ?? []
        case "private-ip-address": [instance.address]
        default: tagValues(name, instance.tags)
        }
    }

    func reservation(_ id: String, _ instances: [CloudInstance]) -> JSON {
        [
            "reservationId": .string(id), "ownerId": .string(FunctionConfiguration.account), "groupSet": [],
            "instancesSet": .array(instances.map(Self.description)),
        ]
    }

    private static func description(_ instance: CloudInstance) -> JSON {
        [
            "instanceId": .string(instance.id), "imageId": .string(instance.image),
            "instanceState": ["code": .integer(instance.state.code), "name": .string(instance.state.name)],
            "privateDnsName": "", "dnsName": "", "amiLaunchIndex": 0,
            "reason": .string(instance.reason?.message ?? ""),
            "stateReason": instance.reason.map {
                ["code": .string($0.rawValue), "message": .string($0.message)]
            } ?? .null,
            "instanceType": .string(instance.type.name), "launchTime": .string(instance.launched.description),
            "placement": ["availabilityZone": .string(instance.zone), "groupName": "", "tenancy": "default"],
            "monitoring": ["state": "disabled"], "subnetId": .string(instance.subnet.id),
            "vpcId": .string(Subnet.network),
            "privateIpAddress": instance.isLive ? .string(instance.address) : .null,
            "architecture": .string(instance.type.architecture.rawValue), "rootDeviceType": "ebs",
            "instanceLifecycle": instance.market == .spot ? "spot" : .null,
            "spotInstanceRequestId": instance.market == .spot
                ? .string("sir-" + instance.id.suffix(8)) : .null,
            "clientToken": .string(instance.clientToken ?? ""), "tagSet": tagSet(instance.tags),
            "metadataOptions": [
                "state": "applied", "httpTokens": "required", "httpPutResponseHopLimit": 1,
                "httpEndpoint": "enabled",
            ],
        ]
    }

    mutating func terminateInstances(_ request: Parameters, _ now: WallClock) throws(ServiceFailure) -> JSON {
        let ids = request.strings("InstanceId")
        guard !ids.isEmpty else {
            throw ServiceFailure("MissingParameter", "The request must contain the parameter InstanceId")
        }
        if let id = ids.first(where: { instances[$0] == nil }) {
            throw ServiceFailure(
                "InvalidInstanceID.NotFound",
                "The instance ID '\(cropped(id, to: 40))' does not exist"
            )
        }
        var changes: [JSON] = []
        for id in ids {
            guard let before = instances[id]?.state else { continue }
            stop(id, .user, now)
            // Even one that ends at once is first told of as shutting down.
            let after: CloudInstance.State = if case .terminated = before { before } else { .shuttingDown }
            changes.append([
                "instanceId": .string(id),
                "currentState": ["code": .integer(after.code), "name": .string(after.name)],
                "previousState": ["code": .integer(before.code), "name": .string(before.name)],
            ])
        }
        return ["instancesSet": .array(changes)]
    }

    // MARK: CreateFleet's answer

    func fleetAnswer(_ id: String, _ launched: [(Candidate, CloudInstance)], _ refusals: [Refusal]) -> JSON {
        var groups: [(pool: Candidate, instances: [CloudInstance])] = []
        for (pool, instance) in launched {
            let position = groups.firstIndex {
                $0.instances[0].type.name == instance.type.name && $0.instances[0].zone == instance.zone
                    && $0.instances[0].market == instance.market
            }
            if let position {
                groups[position].instances.append(instance)
            } else {
                groups.append((pool, [instance]))
            }
        }
        return [
            "fleetId": .string(id),
            "errorSet": .array(
                refusals.map { refusal in
                    [
                        "launchTemplateAndOverrides": refusal.candidate.map { Self.pool($0, zone: nil) }
                            ?? .null,
                        "lifecycle": .string(refusal.market.rawValue), "errorCode": .string(refusal.code),
                        "errorMessage": .string(refusal.message),
                    ]
                }
            ),
            "fleetInstanceSet": .array(
                groups.map { group in
                    [
                        "launchTemplateAndOverrides": Self.pool(group.pool, zone: group.instances[0].zone),
                        "lifecycle": .string(group.instances[0].market.rawValue),
                        "instanceIds": .array(group.instances.map { .string($0.id) }),
                        "instanceType": .string(group.instances[0].type.name),
                    ]
                }
            ),
        ]
    }

    private static func pool(_ candidate: Candidate, zone: String?) -> JSON {
        func text(_ parameters: Parameters, _ name: String) -> JSON {
            parameters.string(name).map { .string($0) } ?? .null
        }
        let (template, override) = (candidate.template, candidate.override)
        let isGiven =
            override.string("SubnetId") != nil || override.string("AvailabilityZone") != nil || zone != nil
        return [
            "launchTemplateSpecification": [
                "launchTemplateId": text(template, "LaunchTemplateId"),
                "launchTemplateName": text(template, "LaunchTemplateName"),
                "version": text(template, "Version"),
            ],
            "overrides": [
                "instanceType": text(override, "InstanceType"), "subnetId": text(override, "SubnetId"),
                "availabilityZone": isGiven ? .string(zone ?? candidate.subnet.zone) : .null,
                "priority": text(override, "Priority"),
            ],
        ]
    }
}
