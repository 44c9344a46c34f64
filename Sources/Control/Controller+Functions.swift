import AWS
import Planning
import Synchronization
import Wire

/// Which route of the API is flipped, and between which integrations.
struct RouteMap: Equatable, Sendable {
    let integrations: [RouteTarget: String]
}

/// What a cycle reads of Lambda and of the API in front of it.
extension Controller {
    func provisioned(_ until: Duration) async -> Result<Int, AWSError> {
        guard settings.function.qualifier != nil else { return .success(0) }
        let result = await attempt(Lambda.getProvisionedConcurrency(settings.function), until)
        if case .failure(let error) = result, error.code == Lambda.nothingProvisioned { return .success(0) }
        return result.map(\.requested)
    }

    /// What is reserved for the function, or else what nobody has reserved.
    func concurrency(_ until: Duration) async -> Result<Int?, AWSError> {
        let plain = Lambda.Function(settings.function.name)
        let reserved = await attempt(Lambda.getFunctionConcurrency(plain), until)
        if case .success(let reserved?) = reserved { return .success(reserved) }
        return await attempt(Lambda.getAccountSettings(), until).map(\.unreservedConcurrency)
    }

    /// The present target, and what it may be flipped to.
    func route(_ until: Duration) async -> Result<RouteTarget?, AWSError> {
        guard settings.router != nil else { return .success(nil) }
        async let routes = attempt(APIGateway.getRoutes(settings.api), until)
        let map = await routeMap(until)
        switch (await routes, map) {
        case (.failure(let error), _), (_, .failure(let error)): return .failure(error)
        case (.success(let routes), .success(let map)):
            let target = routes.first { $0.key == "$default" }?.target
            return .success(map.integrations.first { "integrations/\($0.value)" == target }?.key)
        }
    }

    private func routeMap(_ until: Duration) async -> Result<RouteMap, AWSError> {
        if let map = kept.withLock({ $0.routing }) { return .success(map) }
        return await attempt(APIGateway.getIntegrations(settings.api), until).map { found in
            var integrations: [RouteTarget: String] = [:]
            for integration in found {
                guard let uri = integration.uri else { continue }
                // The router's name may be the beginning of another's: the longer match is looked for first.
                if let router = settings.router, uri.names(router) {
                    integrations[.router] = integration.id
                } else if uri.names(settings.function.name) {
                    integrations[.inference] = integration.id
                }
            }
            let map = RouteMap(integrations: integrations)
            // Only a whole map is worth keeping.
            if integrations.count == 2 { kept.withLock { $0.routing = map } }
            return map
        }
    }
}

extension String {
    /// Whether an integration's URI calls a function, by its name or ARN, whatever the version or alias.
    fileprivate func names(_ function: String) -> Bool {
        guard let range = firstRange(of: function) else { return false }
        guard range.upperBound < endIndex else { return true }
        let next = self[range.upperBound]
        return next == ":" || next == "/"
    }
}
