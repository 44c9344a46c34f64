extension Workload {
    /// The three services that MArk's evaluation serves (USENIX ATC 2019), as they are today on ONNX Runtime.
    ///
    /// "Measured" is on one vCPU of an AMD EPYC with ONNX Runtime 1.28, one thread, batches of 1 and 32; it stands for a vCPU of c5.large
    /// without any correction. "Artifact" is the capacity table of the paper's published code, which ran TensorFlow 1, MXNet and OpenNMT.
    package enum Paper: String, CaseIterable, Sendable {
        /// Inception-v3.
        case image
        /// An LSTM that predicts the next word.
        case language
        /// A Transformer.
        case translation

        package var model: Synthetic {
            switch self {
            case .image:
                Synthetic(name: title, latency: .milliseconds(110), batchingGain: 1, residentMiB: 700)
            case .language:
                Synthetic(name: title, latency: .milliseconds(70), batchingGain: 10, residentMiB: 155)
            case .translation:
                Synthetic(name: title, latency: .milliseconds(76), batchingGain: 1.25, residentMiB: 209)
            }
        }

        package var title: String {
            switch self {
            case .image: "image recognition"
            case .language: "language modelling"
            case .translation: "machine translation"
            }
        }

        /// Where each number is from.
        package var sources: [(number: String, source: String)] {
            switch self {
            case .image: Self.imageSources
            case .language: Self.languageSources
            case .translation: Self.translationSources
            }
        }

        private static let cold = (
            number: "cold start 500 ms",
            source:
                "assumed: about 100 ms measured from exec to the first answer, the rest for Lambda to start an environment"
        )

        private static let imageSources = [
            (
                number: "110 ms a request",
                source:
                    "assumed: ResNet-50, measured 78.9 ms, times 5.7/4.1 billion multiply-adds of Inception-v3. Artifact: 284 "
                    + "requests a minute on c5.large, 423 ms of a vCPU"
            ),
            (number: "batches gain nothing", source: "measured: ResNet-50 and MobileNetV2 on CPUs"),
            (number: "700 MB", source: "measured: ResNet-50, resident with batches of 32"), cold,
        ]

        private static let languageSources = [
            (
                number: "70 ms a request",
                source:
                    "measured 3.52 ms a step (2 layers of 650, 10,000 words), assumed 20 words a request. Artifact: 3,100 requests a "
                    + "minute on c5.xlarge, 77 ms of a vCPU"
            ),
            (
                number: "batches of 32 gain 10 times",
                source: "measured: 3.52 ms a row alone, 0.35 ms in a batch of 32"
            ),
            (number: "155 MB", source: "measured: resident"), cold,
        ]

        private static let translationSources = [
            (
                number: "76 ms a request",
                source:
                    "measured 7.58 ms a pass (3 + 3 layers of 256, 32 + 32 words), assumed 10 passes: 20 words decoded greedily, whose "
                    + "prefixes are half as long on average. Artifact: 80 requests a minute on c5.xlarge, 3 s of a vCPU, with beam search"
            ),
            (
                number: "batches of 32 gain 1.25 times",
                source: "measured: 7.58 ms a row alone, 6.08 ms in a batch of 32"
            ),
            (number: "209 MB", source: "measured: resident with batches of 32"), cold,
        ]
    }
}
