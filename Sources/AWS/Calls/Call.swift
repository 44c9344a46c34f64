package import Wire

/// One operation with its parameters: what is asked, how the answer is read, and what repeating it would do.
///
/// The functions of `EC2`, `Lambda` and so on make them; `AWSClient` sends them.
package struct Call<Output: Sendable>: Sendable {
    package let service: Service
    /// The operation's name in AWS's reference.
    package let operation: String
    package var message: HTTPMessage
    /// The IAM action that it needs, `ec2:RunInstances`.
    package var permission: String
    package var effect: CallEffect
    /// The most that one attempt may take.
    package var timeout: Duration
    /// The most bytes of an answer.
    package var answerLimit: Int
    package let read: @Sendable (Answer) throws(MalformedAnswer) -> Output
    package var paging: Paging<Output>?
}

/// What an operation does when it runs twice.
package enum CallEffect: Sendable {
    /// It only reads.
    case none
    /// It ends in the same state, or carries an idempotency token.
    case idempotent
    /// The same again: it is repeated only when the first attempt surely had no effect.
    case once
}

/// How an operation's answer continues.
package struct Paging<Output: Sendable>: Sendable {
    /// Where the answer holds the token of the next page.
    package let answerKey: String
    /// Adds the token to a request.
    package let apply: @Sendable (inout HTTPMessage, JSON) -> Void
    package let join: @Sendable (inout Output, Output) -> Void
    /// A bound on what a service that never ends could do.
    package var pagesMax = 200
}

extension Call {
    /// A call of a service that speaks JSON or Query; parameters that are null are left out.
    init(
        _ service: Service,
        _ operation: String,
        _ parameters: JSON,
        effect: CallEffect = .none,
        read: @escaping @Sendable (Field) throws(MalformedAnswer) -> Output
    ) {
        self.service = service
        self.operation = operation
        message = Self.message(service.dialect, operation, parameters.withoutNulls)
        permission = "\(service.permissionPrefix):\(operation)"
        self.effect = effect
        timeout = .seconds(10)
        answerLimit = 32 << 20
        self.read = { answer throws(MalformedAnswer) in try read(Field(document: answer)) }
    }

    /// A call of a service with methods and paths.
    init(
        _ service: Service,
        _ operation: String,
        _ message: HTTPMessage,
        effect: CallEffect = .none,
        read: @escaping @Sendable (Answer) throws(MalformedAnswer) -> Output
    ) {
        self.service = service
        self.operation = operation
        self.message = message
        permission = "\(service.permissionPrefix):\(operation)"
        self.effect = effect
        timeout = .seconds(10)
        answerLimit = 32 << 20
        self.read = read
    }

    private static func message(_ dialect: Service.Dialect, _ operation: String, _ parameters: JSON)
        -> HTTPMessage
    {
        switch dialect {
        case .query(let version):
            let form = [("Action", operation), ("Version", version)] + QueryForm.pairs(of: parameters)
            return HTTPMessage(
                method: "POST",
                headers: [("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")],
                body: Array(PercentEncoding.form(form).utf8)
            )
        case .json(let version, let target):
            return HTTPMessage(
                method: "POST",
                headers: [
                    ("X-Amz-Target", "\(target).\(operation)"),
                    ("Content-Type", "application/x-amz-json-\(version)"),
                ],
                body: parameters.encoded()
            )
        case .rest: preconditionFailure("\(operation): a REST call is made of a method and a path")
        }
    }

    /// The same call, whose answer comes in pages that are put together.
    func paged<Element>(by answerKey: String, _ parameter: String) -> Call where Output == [Element] {
        paged(by: answerKey, parameter) { $0 += $1 }
    }

    func paged(
        by answerKey: String,
        _ parameter: String,
        join: @escaping @Sendable (inout Output, Output) -> Void
    ) -> Call {
        var call = self
        let dialect = service.dialect
        call.paging = Paging(
            answerKey: answerKey,
            apply: { message, token in
                switch dialect {
                case .query:
                    message.body += Array(
                        ("&" + PercentEncoding.form([(parameter, token.stringValue ?? "")])).utf8
                    )
                case .json:
                    // No paged operation is without parameters, so a member comes before: a comma in place of the end.
                    message.body[message.body.count - 1] = UInt8(ascii: ",")
                    message.body += JSON.object([JSON.Member(parameter, token)]).encoded().dropFirst()
                case .rest: message.query.append((parameter, token.stringValue ?? ""))
                }
            },
            join: join
        )
        return call
    }

    /// The same call, which needs this IAM action: not all are named as their operation.
    func permitted(by permission: String) -> Call {
        var call = self
        call.permission = permission
        return call
    }

    /// The same call, its result made into something else; of a call without pages.
    package func map<New>(
        _ transform: @escaping @Sendable (Output) throws(MalformedAnswer) -> New
    ) -> Call<New> {
        precondition(paging == nil, "\(operation): map each element of what comes in pages")
        return with { [read] answer throws(MalformedAnswer) in try transform(try read(answer)) }
    }

    /// The same call, each element of its result made into something else, or left out where that gives nil.
    package func mapEach<Element, New>(
        _ transform: @escaping @Sendable (Element) throws(MalformedAnswer) -> New?
    ) -> Call<[New]> where Output == [Element] {
        var call: Call<[New]> = with { [read] answer throws(MalformedAnswer) in
            var elements: [New] = []
            for element in try read(answer) {
                if let new = try transform(element) { elements.append(new) }
            }
            return elements
        }
        if let paging {
            call.paging = Paging(
                answerKey: paging.answerKey,
                apply: paging.apply,
                join: { $0 += $1 },
                pagesMax: paging.pagesMax
            )
        }
        return call
    }

    /// The same request, without pages, read otherwise.
    private func with<New>(
        _ read: @escaping @Sendable (Answer) throws(MalformedAnswer) -> New
    ) -> Call<New> {
        Call<New>(
            service: service,
            operation: operation,
            message: message,
            permission: permission,
            effect: effect,
            timeout: timeout,
            answerLimit: answerLimit,
            read: read,
            paging: nil
        )
    }

    /// The same call in other bounds.
    package func within(_ timeout: Duration) -> Call {
        var call = self
        call.timeout = timeout
        return call
    }
}

extension JSON {
    /// The value without members that are null, at any depth: parameters that were not given.
    var withoutNulls: JSON {
        switch self {
        case .object(let members):
            .object(members.filter { $0.value != .null }.map { Member($0.key, $0.value.withoutNulls) })
        case .array(let elements): .array(elements.map(\.withoutNulls))
        default: self
        }
    }
}
