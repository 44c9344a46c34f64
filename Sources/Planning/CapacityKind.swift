/// What serves requests, as bills and charts tell it apart.
package enum CapacityKind: String, CaseIterable, Hashable, Sendable {
    /// Lambda, billed by the millisecond.
    case lambda
    /// Lambda environments that are kept ready.
    case provisionedConcurrency = "provisioned concurrency"
    /// EC2 instances that earn CPU credits (T3, T3a, T4g), on any market.
    case burstable
    case spot
    case onDemand = "on-demand"
    /// Capacity of a managed service: SageMaker's instances, Fargate's tasks, Lambda Managed Instances.
    case managed
}
