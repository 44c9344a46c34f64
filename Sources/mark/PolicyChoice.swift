import Planning
import Simulation

/// The policies by the names that options take.
enum PolicyChoice: String, CaseIterable {
    /// Ours, as the controller runs it.
    case mark
    case workFunctionSpot = "work-function-spot"
    case workFunction = "work-function"
    case paper = "mark-paper"
    case shipped = "mark-shipped"
    case persistence
    case persistenceSpot = "persistence-spot"
    case targetTracking = "target-tracking"
    case kubernetes = "hpa"
    case knative = "kpa"
    case sageMaker = "sagemaker"
    case sageMakerServerless = "sagemaker-serverless"
    case fargate
    case managedInstances = "managed-instances"
    case lambda
    case scheduled = "provisioned"
    case peak
    case reserved

    static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }

    /// What kind of system it is, as headlines say it.
    var family: String {
        switch self {
        case .mark: "MArk for Swift"
        case .paper, .shipped: "MArk of 2019"
        case .workFunction, .workFunctionSpot, .persistence, .persistenceSpot: "a rule without a forecast"
        case .targetTracking, .kubernetes, .knative: "an autoscaler on EC2"
        case .sageMaker, .sageMakerServerless, .fargate, .managedInstances: "a managed service"
        case .lambda, .scheduled: "Lambda alone"
        case .peak, .reserved: "a fixed fleet"
        }
    }

    /// Nil where it cannot serve the workload, or has no price.
    ///
    /// - Throws: `CommandFailure` that names a setting.
    func contender(_ baselines: Baselines, hasRouter: Bool) throws -> Contender? {
        switch self {
        case .mark: try Self.ours(baselines, hasRouter: hasRouter)
        case .paper: baselines.markAsPublished
        case .shipped: baselines.markAsShipped
        case .workFunction: baselines.workFunction(.onDemand)
        case .workFunctionSpot: baselines.workFunction(.spot)
        case .persistence: baselines.persistence(.onDemand)
        case .persistenceSpot: baselines.persistence(.spot)
        case .targetTracking: baselines.targetTracking
        case .kubernetes: baselines.kubernetes
        case .knative: baselines.knative
        case .sageMaker: baselines.sageMaker
        case .sageMakerServerless: baselines.sageMakerServerless
        case .fargate: baselines.fargate
        case .managedInstances: baselines.lambdaManagedInstances
        case .lambda: baselines.lambdaOnly
        case .scheduled: baselines.scheduledConcurrency
        case .peak: baselines.staticPeak
        case .reserved: baselines.reserved
        }
    }

    private static func ours(_ baselines: Baselines, hasRouter: Bool) throws -> Contender {
        do { return try baselines.planner(hasRouter: hasRouter) } catch { throw CommandFailure("\(error)") }
    }
}
