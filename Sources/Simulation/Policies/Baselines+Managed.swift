import Planning

/// Systems without Lambda behind their instances: what exceeds those waits, up to a limit, and is refused.
///
/// Their servers run one request after the other, as none of them batches under an objective by itself. Launch times that no document
/// states are ours, rounded in their favour.
extension Baselines {
    /// An Application Auto Scaling alarm goes off after three minutes.
    private static let alarmMinutes = 3
    /// TorchServe's `job_queue_size`, the server of SageMaker's PyTorch containers.
    private static let jobQueue = 100

    /// A real-time endpoint with target tracking of invocations per instance at ml.* prices; five minutes until an instance is in service.
    package var sageMaker: Contender? {
        prices["sagemaker-realtime", "ml.\(type.name)"].flatMap {
            tracking("SageMaker, target tracking", launch: .seconds(300), price: DollarsPerHour($0.dollars))
        }
    }

    /// ECS on Fargate, tasks of the instance's size behind target tracking; a minute to pull and start.
    package var fargate: Contender? {
        let architecture = type.architecture == .x86 ? "x86" : "arm64"
        guard !type.hasAccelerator, let vCPU = prices["fargate", "vcpu-\(architecture)"]?.dollars,
            let gb = prices["fargate", "memory-\(architecture)"]?.dollars
        else { return nil }
        let price = Double(type.vCPUs) * vCPU + Double(type.memoryMiB) / 1024 * gb
        return tracking("Fargate, target tracking", launch: .seconds(60), price: DollarsPerHour(price))
    }

    /// Lambda's environments on EC2 instances: EC2's price and a fee, three instances at least, and requests at Lambda's price.
    ///
    /// They scale on CPU, with room for twice the load: "if your traffic more than doubles within 5 minutes, you may see throttles" (AWS
    /// Lambda Developer Guide, "Scaling Lambda Managed Instances"). So the target is half of the capacity, reached five minutes later, and
    /// what exceeds it is throttled.
    package var lambdaManagedInstances: Contender? {
        guard !type.hasAccelerator, let fee = prices["lambda", "managed-instances-fee"]?.dollars else {
            return nil
        }
        let platform = Platform(
            overflow: .queue(max: 0),
            launchDelay: .seconds(300),
            prices: [type.name: type.onDemand * (1 + fee)],
            perRequest: simulation.lambda(on: ec2).perRequest,
            isManaged: true
        )
        return costs(.onDemand, on: platform).map { costs in
            let fleet = fleet(costs, share: 0.5, counts: 3...1000)
            return Contender(
                "Lambda Managed Instances",
                ProportionalScaling.targetTracking(fleet, costs, target: 0.5),
                on: platform
            )
        }
    }

    /// HorizontalPodAutoscaler at 70 % of the CPU that the objective allows; a node boots, joins and pulls the image for each pod.
    package var kubernetes: Contender? {
        cluster("Kubernetes HPA", queue: Self.jobQueue) { fleet, _ in
            HorizontalPodAutoscaler(fleet, utilisationTarget: 0.7 * Capacity.utilisationMax)
        }
    }

    /// Knative with `container-concurrency` of one request an executor, 70 % of it as target and its queue of ten times that
    /// (pkg/queue/sharedmain/main.go, `buildBreaker`).
    package var knative: Contender? {
        let executors = simulation.workload.machines[type.name]?.executors ?? type.vCPUs
        return cluster("Knative KPA", queue: 10 * executors) { fleet, _ in
            KnativePodAutoscaler(fleet, concurrencyTarget: 0.7 * Double(executors))
        }
    }

    /// SageMaker Serverless Inference: Lambda's shape at its own price, in memory sizes of whole GB (Amazon SageMaker pricing).
    package var sageMakerServerless: Contender? {
        guard let price = prices["sagemaker-serverless", "compute-per-GB"]?.dollars else { return nil }
        let memory = Double(simulation.workload.function.memoryMiB) / 1024
        let perGBSecond = price * memory.rounded(.up) / memory
        let lambda = LambdaPrices(
            perGBSecond: perGBSecond,
            perRequest: 0,
            provisionedPerGBSecond: perGBSecond,
            provisionedRunPerGBSecond: perGBSecond
        )
        let platform = Platform(launchDelay: bootTime, lambda: lambda)
        return Contender(
            "SageMaker Serverless",
            FixedFleet(ScaledFleet(type: type.name), count: 0),
            on: platform
        )
    }

    // MARK: Shapes

    private func fleet(_ costs: LayerCosts, share: Double, counts: ClosedRange<Int> = 1...1000) -> ScaledFleet
    {
        let first = (demand.first ?? 0) / (costs.capacity * share)
        let start = max(counts.lowerBound, Int(first.rounded(.up)))
        return ScaledFleet(type: type.name, counts: counts, start: start)
    }

    private func tracking(_ name: String, launch: Duration, price: DollarsPerHour) -> Contender? {
        let platform = Platform(
            overflow: .queue(max: Self.jobQueue),
            launchDelay: launch,
            prices: [type.name: price],
            isManaged: true,
            isBatching: false
        )
        return costs(.onDemand, on: platform).map { costs in
            let policy = ProportionalScaling.targetTracking(
                fleet(costs, share: 0.7),
                costs,
                raiseAfter: Self.alarmMinutes
            )
            return Contender(name, policy, on: platform)
        }
    }

    private func cluster(
        _ name: String,
        queue: Int,
        _ policy: (ScaledFleet, LayerCosts) -> any ScalingPolicy
    ) -> Contender? {
        let platform = Platform(
            overflow: .queue(max: queue),
            launchDelay: bootTime + .seconds(60),
            isBatching: false
        )
        return costs(.onDemand, on: platform).map { costs in
            Contender(name, policy(fleet(costs, share: 0.7), costs), on: platform)
        }
    }
}
