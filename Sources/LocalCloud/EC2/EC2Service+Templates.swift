import Wire

extension EC2Service {
    mutating func createLaunchTemplate(_ request: Parameters, _ now: WallClock) throws(ServiceFailure) -> JSON
    {
        let name = try request.required("LaunchTemplateName")
        guard !templates.contains(where: { $0.name == name }) else {
            throw ServiceFailure(
                "InvalidLaunchTemplateName.AlreadyExistsException",
                "Launch template name already in use."
            )
        }
        guard request["LaunchTemplateData"].tree.objectValue != nil else {
            throw ServiceFailure(
                "MissingParameter",
                "The request must contain the parameter LaunchTemplateData"
            )
        }
        let template = LaunchTemplate(
            id: identifier("lt"),
            name: name,
            created: now,
            tags: Self.tags(request, for: "launch-template"),
            versions: [request["LaunchTemplateData"].tree]
        )
        templates.append(template)
        return ["launchTemplate": Self.description(template)]
    }

    mutating func createLaunchTemplateVersion(_ request: Parameters, _ now: WallClock) throws(ServiceFailure)
        -> JSON
    {
        let template = try template(request)
        guard let position = templates.firstIndex(where: { $0.id == template.id }) else { return [:] }
        templates[position].versions.append(request["LaunchTemplateData"].tree)
        return [
            "launchTemplateVersion": Self.version(templates[position], templates[position].versions.count)
        ]
    }

    func describeLaunchTemplates(_ request: Parameters) throws(ServiceFailure) -> JSON {
        let (ids, names) = (request.strings("LaunchTemplateId"), request.strings("LaunchTemplateName"))
        if let id = ids.first(where: { id in !templates.contains { $0.id == id } }) {
            throw ServiceFailure(
                "InvalidLaunchTemplateId.NotFound",
                "The specified launch template, with template ID \(id), does not exist."
            )
        }
        if let name = names.first(where: { name in !templates.contains { $0.name == name } }) {
            throw ServiceFailure(
                "InvalidLaunchTemplateName.NotFoundException",
                "At least one of the launch templates specified in the request does not exist: \(name)"
            )
        }
        var found: [JSON] = []
        for template in templates {
            guard ids.isEmpty && names.isEmpty || ids.contains(template.id) || names.contains(template.name)
            else { continue }
            let isMet = try Self.meets(request) { name in
                name == "launch-template-name" ? [template.name] : Self.tagValues(name, template.tags)
            }
            if isMet { found.append(Self.description(template)) }
        }
        return ["launchTemplates": .array(found)]
    }

    func describeLaunchTemplateVersions(_ request: Parameters) throws(ServiceFailure) -> JSON {
        let template = try template(request)
        var numbers = Array(1...template.versions.count)
        let wanted = request.strings("LaunchTemplateVersion")
        if !wanted.isEmpty {
            numbers = []
            for text in wanted { numbers.append(try Self.number(of: text, template)) }
        }
        return ["launchTemplateVersionSet": .array(numbers.map { Self.version(template, $0) })]
    }

    /// The template that a request names by id or by name.
    func template(_ request: Parameters) throws(ServiceFailure) -> LaunchTemplate {
        if let id = request.string("LaunchTemplateId") {
            guard let template = templates.first(where: { $0.id == id }) else {
                throw ServiceFailure(
                    "InvalidLaunchTemplateId.NotFound",
                    "The specified launch template, with template ID \(id), does not exist."
                )
            }
            return template
        }
        let name = try request.required("LaunchTemplateName")
        guard let template = templates.first(where: { $0.name == name }) else {
            throw ServiceFailure(
                "InvalidLaunchTemplateName.NotFoundException",
                "The specified launch template, with template name \(name), does not exist."
            )
        }
        return template
    }

    /// The data of the version that a specification names.
    func templateData(_ specification: Parameters) throws(ServiceFailure) -> Parameters {
        let template = try template(specification)
        let number = try Self.number(of: specification.string("Version") ?? "$Default", template)
        return Parameters(template.versions[number - 1])
    }

    private static func number(of text: String, _ template: LaunchTemplate) throws(ServiceFailure) -> Int {
        let number = text == "$Latest" ? template.versions.count : text == "$Default" ? 1 : Int(text) ?? 0
        guard (1...template.versions.count).contains(number) else {
            throw ServiceFailure(
                "InvalidLaunchTemplateId.VersionNotFound",
                "Could not find launch template version \(cropped(text, to: 20)) of template \(template.id)."
            )
        }
        return number
    }

    private static func description(_ template: LaunchTemplate) -> JSON {
        [
            "launchTemplateId": .string(template.id), "launchTemplateName": .string(template.name),
            "createTime": .string(template.created.description),
            "createdBy": .string("arn:aws:iam::\(FunctionConfiguration.account):root"),
            "defaultVersionNumber": 1, "latestVersionNumber": .integer(Int64(template.versions.count)),
            "tagSet": tagSet(template.tags),
        ]
    }

    private static func version(_ template: LaunchTemplate, _ number: Int) -> JSON {
        let data = Parameters(template.versions[number - 1])
        return [
            "launchTemplateId": .string(template.id), "launchTemplateName": .string(template.name),
            "versionNumber": .integer(Int64(number)), "createTime": .string(template.created.description),
            "defaultVersion": .bool(number == 1),
            "launchTemplateData": [
                "imageId": data.string("ImageId").map { .string($0) } ?? .null,
                "instanceType": data.string("InstanceType").map { .string($0) } ?? .null,
                "userData": data.string("UserData").map { .string($0) } ?? .null,
            ],
        ]
    }

    // MARK: Tags

    private static let tagsMax = 50

    mutating func createTags(_ request: Parameters) throws(ServiceFailure) -> JSON {
        var tags: [String: String] = [:]
        for tag in request["Tag"].list { tags[try tag.required("Key")] = tag.string("Value") ?? "" }
        let ids = request.strings("ResourceId")
        for id in ids where instances[id] == nil && !templates.contains(where: { $0.id == id }) {
            throw ServiceFailure("InvalidID", "The ID '\(cropped(id, to: 60))' is not valid")
        }
        for id in ids {
            let all = (instances[id]?.tags ?? [:]).merging(tags) { $1 }
            guard all.count <= Self.tagsMax else {
                throw ServiceFailure(
                    "TagLimitExceeded",
                    "\(id) would have \(all.count) tags; \(Self.tagsMax) are allowed"
                )
            }
            instances[id]?.tags = all
            if let position = templates.firstIndex(where: { $0.id == id }) {
                templates[position].tags.merge(tags) { $1 }
            }
        }
        return ["return": true]
    }

    /// Tags that a request gives to resources of a kind.
    static func tags(_ request: Parameters, for kind: String) -> [String: String] {
        var tags: [String: String] = [:]
        for specification in request["TagSpecification"].list
        where specification.string("ResourceType") == kind {
            for tag in specification["Tag"].list { tags[tag.string("Key") ?? ""] = tag.string("Value") ?? "" }
        }
        return tags
    }
}
