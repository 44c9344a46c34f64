import Wire

extension EC2 {
    package struct LaunchTemplate: Equatable, Sendable {
        package let id: String
        package let name: String
        package let latestVersion: Int

        init(_ item: Field) throws(MalformedAnswer) {
            id = try item["launchTemplateId"].string()
            name = try item["launchTemplateName"].string()
            latestVersion = try item["latestVersionNumber"].integer()
        }
    }

    /// What a launch template fixes; the pool's type comes with the launch.
    package struct LaunchTemplateData: Equatable, Sendable {
        package var image: String
        /// Name of the instance profile whose role the instances have.
        package var instanceProfile: String?
        package var securityGroups: [String] = []
        /// A script, not encoded yet.
        package var userData: [UInt8] = []
        /// gp3.
        package var volumeGiB: Int?

        package init(image: String) { self.image = image }

        /// Metadata only with tokens.
        ///
        /// Nothing of CPU credits: EC2 refuses to launch types without credits from a template that speaks of them, so burstable
        /// instances set theirs to `standard` themselves.
        var json: JSON {
            [
                "ImageId": .string(image),
                "IamInstanceProfile": instanceProfile.map { ["Name": .string($0)] } ?? .null,
                "SecurityGroupId": securityGroups.isEmpty ? .null : .strings(securityGroups),
                "UserData": userData.isEmpty
                    ? .null : .string(String(decoding: Base64.encode(userData), as: UTF8.self)),
                "BlockDeviceMapping": volumeGiB.map {
                    [
                        [
                            "DeviceName": "/dev/xvda",
                            "Ebs": [
                                "VolumeSize": .integer(Int64($0)), "VolumeType": "gp3",
                                "DeleteOnTermination": true,
                            ],
                        ]
                    ]
                } ?? .null,
                "MetadataOptions": ["HttpTokens": "required", "HttpPutResponseHopLimit": 1],
                "InstanceInitiatedShutdownBehavior": "terminate",
            ]
        }
    }

    package static func createLaunchTemplate(
        _ name: String,
        _ data: LaunchTemplateData,
        tags: [Tag],
        token: IdempotencyToken
    ) -> Call<LaunchTemplate> {
        Call(
            .ec2,
            "CreateLaunchTemplate",
            [
                "ClientToken": .string(token.description), "LaunchTemplateName": .string(name),
                "LaunchTemplateData": data.json,
                "TagSpecification": specifications(["launch-template"], tags),
            ],
            effect: .idempotent
        ) { answer throws(MalformedAnswer) in try LaunchTemplate(answer["launchTemplate"]) }
    }

    package static func describeLaunchTemplates(named names: [String]) -> Call<[LaunchTemplate]> {
        Call(.ec2, "DescribeLaunchTemplates", ["LaunchTemplateName": .strings(names)]) {
            answer throws(MalformedAnswer) in
            try answer["launchTemplates"].list { item throws(MalformedAnswer) in try LaunchTemplate(item) }
        }.paged(by: "nextToken", "NextToken")
    }
}
