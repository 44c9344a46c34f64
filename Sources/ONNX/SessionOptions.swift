/// How a model is loaded and run.
package struct SessionOptions: Equatable, Sendable {
    /// How much the library rewrites the graph while it loads.
    package enum Optimization: Int32, Sendable, CaseIterable {
        /// Load the graph as it is: the fastest start for a picture model that was optimised before, at slower runs.
        case none = 0
        case basic = 1
        /// Everything that runs on any CPU of the architecture.
        case extended = 2
        /// Also the memory layout of this very CPU. The default.
        case all = 99

        /// The name used in a model's config.json.
        package var name: String { "\(self)" }

        package init?(name: String) {
            guard let level = Self.allCases.first(where: { $0.name == name }) else { return nil }
            self = level
        }
    }

    package var optimization = Optimization.all
    /// Threads of one run, 1 or more.
    ///
    /// More than there are free cores makes runs slower, never faster.
    package var threads = 1
    /// Whether weights are rearranged for faster runs while the model loads.
    package var prepacking = true
    /// Whether weights in files beside the model are in memory once for all sessions that use the same files, or equal ones.
    package var sharesWeights = false
    /// Where to write the optimised model, for `mark optimize`; nil to write none.
    package var optimizedModel: OptimizedModel?

    package struct OptimizedModel: Equatable, Sendable {
        package let path: String
        /// Name of the file beside it that takes the weights.
        package let weights: String

        package init(path: String, weights: String) {
            self.path = path
            self.weights = weights
        }
    }

    package init() {}

    /// Threads for a Lambda function: it gets one vCPU per 1,769 MB of memory (AWS, "Configure Lambda function
    /// memory").
    ///
    /// The machine below has more cores than the function may use, so their number says nothing.
    package static func threads(functionMemoryMegabytes: Int) -> Int {
        max(1, functionMemoryMegabytes / 1769)
    }
}
