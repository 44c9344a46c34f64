package import AWS
import Wire

/// A stack as the template makes it, on this machine.
package struct StackConfiguration: Sendable {
    /// What an instance runs.
    package struct Program: Sendable {
        package let path: String
        package let arguments: [String]
        package let folder: String
        package let variables: [String: String]

        package init(path: String, arguments: [String], folder: String, variables: [String: String]) {
            (self.path, self.arguments, self.folder) = (path, arguments, folder)
            self.variables = variables
        }
    }

    /// The tag of its instances under `mark:stack`.
    package var name = "mark"
    package var table = "mark"
    /// How many times as fast as the machine's clock the cloud's runs.
    package var speed = 1.0
    /// Of everything that is left to chance.
    package var seed: UInt64 = 1
    /// The functions, each with its own variables; what all share comes from `StackConfiguration.wired`.
    package var inference: FunctionConfiguration
    package var router: FunctionConfiguration
    package var controller: FunctionConfiguration
    /// More variables for the controller, from the parameters of the template: `MARK_BUDGET`.
    package var controllerVariables: [String: String] = [:]
    /// The model that is planned for, and its latency objective in milliseconds.
    package var model = "digits"
    package var slo = 300
    package var target = 0.98
    /// Of all functions at once: a new account's quota is as small as a laptop.
    package var accountConcurrency = 100
    package var ec2 = EC2Service.Settings()
    /// From the end of a minute until its metrics can be read.
    package var metricDelay = Duration.seconds(50)
    package var show = ShowConfiguration()
    /// Whether Lambda throttles at once where no environment is free, as AWS's does; a laptop has too few for that in a show, where
    /// requests wait for one.
    package var throttlesAtOnce = true
    /// What an instance is to run.
    package var program: @Sendable (CloudInstance) -> Program

    /// For whoever is at the keyboard, and for awscli.
    package static let operatorCredentials = Credentials(
        accessKeyID: "AKIALOCALOPERATOR000",
        secretAccessKey: "local-operator-secret"
    )
    /// Of the instances' role.
    static let instanceCredentials = credentials("INSTANCE", "instance")

    static func credentials(_ key: String, _ secret: String) -> Credentials {
        Credentials(
            accessKeyID: "ASIALOCAL" + key,
            secretAccessKey: "local-\(secret)-secret",
            sessionToken: "local-\(secret)-token"
        )
    }

    package init(
        bundle: String,
        program: @escaping @Sendable (CloudInstance) -> Program
    ) {
        inference = FunctionConfiguration(bundle: bundle)
        router = FunctionConfiguration(bundle: bundle)
        router.name = "mark-router"
        router.memory = 128
        controller = FunctionConfiguration(bundle: bundle)
        controller.name = "mark-controller"
        controller.limits.timeout = .seconds(55)
        self.program = program
    }

    var functions: [FunctionConfiguration] { [inference, router, controller] }

    var principals: [Principal] {
        [
            Principal("operator", Self.operatorCredentials), Principal("instance", Self.instanceCredentials),
            Principal("inference", Self.credentials("INFERENCE", "inference")),
            Principal("router", Self.credentials("ROUTER", "router")),
            Principal("controller", Self.credentials("CONTROLLER", "controller")),
        ]
    }

    /// The functions with the variables, the roles and the limits that the template gives them.
    ///
    /// - Parameters:
    ///   - template: the launch template's id.
    ///   - clock: idle environments and waiting events live by the cloud's time.
    func wired(template: String, subnets: [Subnet], _ clock: CloudClock) -> StackConfiguration {
        var wired = self
        let inferenceARN = CloudFunction.arn(inference.name) + ":" + CloudFunction.alias
        let shared = [
            "MARK_TABLE": table, "MARK_STACK": name, "MARK_FUNCTION": inferenceARN,
            "MARK_SLO_MS": String(slo),
        ]
        wired.inference.variables.merge(["MARK_ROLE": "inference"]) { $1 }
        wired.router.variables.merge(shared.merging(["MARK_ROLE": "router"]) { $1 }) { $1 }
        let controllers = [
            "MARK_ROLE": "controller", "MARK_ROUTER": CloudFunction.arn(router.name),
            "MARK_API": GatewayService.api,
            "MARK_LAUNCH_TEMPLATE": template, "MARK_SUBNETS": subnets.map(\.id).joined(separator: ","),
            "MARK_MODEL": model, "MARK_TARGET": String(target),
            "MARK_FUNCTION_MEMORY_MB": String(inference.memory), "MARK_ARCHITECTURE": "x86_64",
            "MARK_METRIC_DELAY_S": "60",
        ]
        wired.controller.variables.merge(
            shared.merging(controllers) { $1 }.merging(controllerVariables) { $1 }
        ) { $1 }
        wired.inference.credentials = Self.credentials("INFERENCE", "inference")
        wired.router.credentials = Self.credentials("ROUTER", "router")
        wired.controller.credentials = Self.credentials("CONTROLLER", "controller")
        for path in [\StackConfiguration.inference, \.router, \.controller] {
            wired[keyPath: path].limits.throttlesAtOnce = throttlesAtOnce
            wired[keyPath: path].limits.idle = clock.machineDuration(wired[keyPath: path].limits.idle)
        }
        // The template's maximum age of an event.
        wired.controller.limits.queueWait = clock.machineDuration(.seconds(60))
        return wired
    }
}
