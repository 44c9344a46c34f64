import Wire

/// Lambda: invoking functions, and how many of their environments are kept warm.
package enum Lambda {
    /// A function, perhaps one version or alias of it.
    package struct Function: Equatable, Sendable {
        /// A name, an ARN or a partial ARN.
        package let name: String
        /// A version or an alias.
        package let qualifier: String?

        package init(_ name: String, qualifier: String? = nil) {
            self.name = name
            self.qualifier = qualifier
        }

        /// `name`, `account:function:name` or `arn:aws:lambda:region:account:function:name`, each with `:qualifier` or without; nil for
        /// anything else.
        package init?(parsing text: String) {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            guard parts.allSatisfy({ !$0.isEmpty }) else { return nil }
            let plain = parts[0] == "arn" ? 7 : parts.count > 2 ? 3 : 1
            guard (plain...plain + 1).contains(parts.count) else { return nil }
            guard plain == 1 || parts[plain - 2] == "function" else { return nil }
            name = parts.prefix(plain).joined(separator: ":")
            qualifier = parts.count > plain ? parts[plain] : nil
        }

        func path(_ version: String, _ rest: String) -> String {
            "/\(version)/functions/\(PercentEncoding.encode(name))/\(rest)"
        }

        var query: [(name: String, value: String)] { qualifier.map { [("Qualifier", $0)] } ?? [] }
    }

    package struct Invocation: Equatable, Sendable {
        package let payload: [UInt8]
        /// `Handled` or `Unhandled` when the function failed; the payload then says why.
        package let functionError: String?
        package let version: String?
    }

    /// Runs a function and waits for its answer.
    ///
    /// - Parameters:
    ///   - isPure: Whether running it twice harms nobody, as an inference; otherwise a lost answer is not asked for again.
    ///   - timeout: The most that one attempt may take.
    package static func invoke(
        _ function: Function,
        payload: [UInt8],
        isPure: Bool = false,
        timeout: Duration
    ) -> Call<Invocation> {
        let message = HTTPMessage(
            method: "POST",
            path: function.path("2015-03-31", "invocations"),
            query: function.query,
            headers: [("X-Amz-Invocation-Type", "RequestResponse"), ("Content-Type", "application/json")],
            body: payload
        )
        return Call(.lambda, "Invoke", message, effect: isPure ? .none : .once) { answer in
            Invocation(
                payload: answer.body,
                functionError: answer[header: "x-amz-function-error"],
                version: answer[header: "x-amz-executed-version"]
            )
        }.permitted(by: "lambda:InvokeFunction").within(timeout)
    }

    // MARK: Provisioned concurrency

    package struct ProvisionedConcurrency: Equatable, Sendable {
        /// `IN_PROGRESS`, `READY` or `FAILED`.
        package let status: String
        package let requested: Int
        package let available: Int
        package let reason: String?

        init(_ answer: Field) throws(MalformedAnswer) {
            status = try answer["Status"].string()
            requested = try answer["RequestedProvisionedConcurrentExecutions"].integer()
            available =
                answer["AvailableProvisionedConcurrentExecutions"].isPresent
                ? try answer["AvailableProvisionedConcurrentExecutions"].integer() : 0
            reason = answer["StatusReason"].text
        }
    }

    /// The code of an answer that there is nothing.
    package static let nothingProvisioned = "ProvisionedConcurrencyConfigNotFoundException"

    /// What is provisioned for a version or alias; fails with `ProvisionedConcurrencyConfigNotFoundException` when nothing is.
    package static func getProvisionedConcurrency(_ function: Function) -> Call<ProvisionedConcurrency> {
        Call(.lambda, "GetProvisionedConcurrencyConfig", provisioned("GET", function), read: provisioned)
    }

    package static func putProvisionedConcurrency(_ function: Function, _ count: Int) -> Call<
        ProvisionedConcurrency
    > {
        var message = provisioned("PUT", function)
        message.headers = [("Content-Type", "application/json")]
        message.body = JSON.object([
            JSON.Member("ProvisionedConcurrentExecutions", .integer(Int64(count)))
        ]).encoded()
        return Call(
            .lambda,
            "PutProvisionedConcurrencyConfig",
            message,
            effect: .idempotent,
            read: provisioned
        )
    }

    package static func deleteProvisionedConcurrency(_ function: Function) -> Call<Void> {
        let message = provisioned("DELETE", function)
        return Call(.lambda, "DeleteProvisionedConcurrencyConfig", message, effect: .idempotent) { _ in }
    }

    private static func provisioned(_ method: String, _ function: Function) -> HTTPMessage {
        HTTPMessage(
            method: method,
            path: function.path("2019-09-30", "provisioned-concurrency"),
            query: function.query
        )
    }

    private static func provisioned(_ answer: Answer) throws(MalformedAnswer) -> ProvisionedConcurrency {
        try ProvisionedConcurrency(Field(document: answer))
    }

    // MARK: Configuration

    package struct Configuration: Equatable, Sendable {
        package let name: String
        package let memoryMB: Int
        /// Its environment variables.
        package let variables: [String: String]
    }

    package static func getFunctionConfiguration(_ function: Function) -> Call<Configuration> {
        let message = HTTPMessage(
            method: "GET",
            path: function.path("2015-03-31", "configuration"),
            query: function.query
        )
        return Call(.lambda, "GetFunctionConfiguration", message) { answer throws(MalformedAnswer) in
            let document = try Field(document: answer)
            var variables: [String: String] = [:]
            for member in document["Environment"]["Variables"].value?.objectValue ?? [] {
                variables[member.key] = member.value.stringValue
            }
            return Configuration(
                name: try document["FunctionName"].string(),
                memoryMB: try document["MemorySize"].integer(),
                variables: variables
            )
        }
    }

    // MARK: Limits

    /// The concurrency that is reserved for a function; nil when it shares the account's.
    package static func getFunctionConcurrency(_ function: Function) -> Call<Int?> {
        let message = HTTPMessage(method: "GET", path: function.path("2019-09-30", "concurrency"))
        return Call(.lambda, "GetFunctionConcurrency", message) { answer throws(MalformedAnswer) in
            let reserved = try Field(document: answer)["ReservedConcurrentExecutions"]
            return reserved.isPresent ? try reserved.integer() : nil
        }
    }

    package struct AccountLimits: Equatable, Sendable {
        package let concurrency: Int
        /// What no function has reserved.
        package let unreservedConcurrency: Int
    }

    package static func getAccountSettings() -> Call<AccountLimits> {
        let message = HTTPMessage(method: "GET", path: "/2016-08-19/account-settings")
        return Call(.lambda, "GetAccountSettings", message) { answer throws(MalformedAnswer) in
            let limit = try Field(document: answer)["AccountLimit"]
            return AccountLimits(
                concurrency: try limit["ConcurrentExecutions"].integer(),
                unreservedConcurrency: try limit["UnreservedConcurrentExecutions"].integer()
            )
        }
    }
}
