package import AWS

/// A function as the local Lambda runs it.
package struct FunctionConfiguration: Sendable {
    /// Folder of the function's code, with an executable `bootstrap`.
    package var bundle: String
    package var name = "mark"
    /// MB; Lambda gives a vCPU per 1,769.
    package var memory = 1769
    package var limits = EnvironmentPool.Limits()
    /// The function's own variables.
    package var variables: [String: String] = [:]
    /// What its role signs with.
    package var credentials = Credentials(
        accessKeyID: "local",
        secretAccessKey: "local",
        sessionToken: "local"
    )

    package init(bundle: String) { self.bundle = bundle }

    package static let region = "eu-west-1"
    package static let account = "123456789012"
    var arn: String { "arn:aws:lambda:\(Self.region):\(Self.account):function:\(name)" }

    /// The environment that Lambda documents, and nothing of this machine's.
    func environment(runtimeAPI: String, logStream: String, isAhead: Bool = false) -> [String: String] {
        let lambda = [
            "AWS_LAMBDA_RUNTIME_API": runtimeAPI, "AWS_LAMBDA_FUNCTION_NAME": name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": String(memory),
            "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/\(name)", "AWS_LAMBDA_LOG_STREAM_NAME": logStream,
            "AWS_LAMBDA_INITIALIZATION_TYPE": isAhead ? "provisioned-concurrency" : "on-demand",
            "AWS_EXECUTION_ENV": "AWS_Lambda_provided.al2023",
            "AWS_REGION": Self.region, "AWS_DEFAULT_REGION": Self.region,
            "AWS_ACCESS_KEY_ID": credentials.accessKeyID,
            "AWS_SECRET_ACCESS_KEY": credentials.secretAccessKey,
            "AWS_SESSION_TOKEN": credentials.sessionToken ?? "",
            "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR", "AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:2000",
            "_HANDLER": "bootstrap", "LAMBDA_TASK_ROOT": bundle, "LAMBDA_RUNTIME_DIR": "/var/runtime",
            "LANG": "en_US.UTF-8", "TZ": ":UTC", "PATH": "/usr/local/bin:/usr/bin:/bin:/opt/bin",
            "LD_LIBRARY_PATH": "/lib64:/usr/lib64:\(bundle):\(bundle)/lib:/opt/lib",
        ]
        return lambda.merging(variables) { $1 }
    }
}
