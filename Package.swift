// swift-tools-version: 6.2
import PackageDescription

/// What every Swift target is held to: Swift 6 mode, no warnings, imports that say who may see them.
let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

/// Also of what trains and simulates: without optimisation that is a hundred times slower, and tests would take minutes.
let optimised = strict + [.unsafeFlags(["-O"], .when(configuration: .debug))]

/// How the function's program is linked for release.
///
/// - The zip's own libstdc++ is found beside the program, whatever the environment says.
/// - At a fixed address the loader has 15,000 addresses less to adjust: 1.47 ms from exec to the first request instead of 1.58. The
///   libraries, where C and C++ are, stay at random addresses.
let bootstrapLinkerFlags = ["-Xlinker", "-rpath", "-Xlinker", "$ORIGIN/lib", "-Xclang-linker", "-no-pie"]

/// `mark` lies in the zip's `bin`, and finds the same libstdc++.
let markLinkerFlags = ["-Xlinker", "-rpath", "-Xlinker", "$ORIGIN/../lib"]

/// The page of the local cloud, in its parts.
let dashboard = [
    "dashboard.html", "dashboard.css", "format.js", "points.js", "axis.js", "chart.js", "drawing.js",
    "charts.js", "route.js", "fleet.js", "orders.js", "paper.js", "digits.js",
    "pictures.js", "texts.js", "try.js", "page.js",
]

let package = Package(
    name: "mark",
    products: [
        .executable(name: "bootstrap", targets: ["bootstrap"]),
        .executable(name: "mark", targets: ["mark"]),
        .executable(name: "benchmark", targets: ["benchmark"]),
    ],
    dependencies: [
        .package(
            url: "https://github.com/hummingbird-project/hummingbird",
            from: "2.22.0",
            // The front needs no ICU: without this trait nothing links full Foundation.
            traits: []
        ),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.2.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.4.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.80.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.30.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.8.0"),
    ],
    targets: [
        // C: the edges of the system, each behind a small header.
        .target(name: "CPlatform", linkerSettings: [.linkedLibrary("m")]),
        .target(name: "CCURL"),
        .target(name: "CONNXRuntime", linkerSettings: [.linkedLibrary("dl")]),
        .target(name: "CPictures", linkerSettings: [.linkedLibrary("dl")]),
        // Static, so that the deploy zip needs no libz on the machine it lands on.
        .target(name: "CZlib", linkerSettings: [.linkedLibrary(":libz.a")]),

        // Swift without Foundation, NIO or libcurl: what `bootstrap` is made of.
        .target(name: "Wire", dependencies: ["CZlib"], swiftSettings: strict),
        .target(
            name: "Batching",
            dependencies: [.product(name: "DequeModule", package: "swift-collections")],
            swiftSettings: optimised
        ),
        .target(name: "Seeded", swiftSettings: optimised),
        .target(name: "Histograms", swiftSettings: optimised),
        .target(
            name: "Forecasting",
            dependencies: ["Seeded"],
            swiftSettings: optimised
        ),
        .target(
            name: "Planning",
            dependencies: ["Batching", "Forecasting", "Wire"],
            exclude: ["Prices/README.md"],
            resources: [.embedInCode("Prices/aws-us-east-1.csv")],
            swiftSettings: strict
        ),
        .target(
            name: "Simulation",
            dependencies: [
                "Batching", "Forecasting", "Histograms", "Planning", "Reports", "Seeded",
            ],
            swiftSettings: optimised
        ),
        .target(name: "Threading", dependencies: ["CPlatform"], swiftSettings: strict),
        .target(name: "Pictures", dependencies: ["CPictures"], swiftSettings: optimised),
        .target(name: "ONNX", dependencies: ["CONNXRuntime"], swiftSettings: strict),
        .target(
            name: "Serving",
            dependencies: ["Batching", "Histograms", "ONNX", "Pictures", "Seeded", "Threading", "Wire"],
            swiftSettings: strict
        ),
        .target(
            name: "Control",
            dependencies: [
                "AWS", "Batching", "Fleet", "Forecasting", "LambdaRuntime", "Planning", "Serving", "Wire",
            ],
            swiftSettings: strict
        ),
        .target(name: "LambdaRuntime", dependencies: ["Threading", "Wire"], swiftSettings: strict),
        .executableTarget(
            name: "bootstrap",
            dependencies: [
                "AWS", "CPlatform", "CURL", "Control", "Fleet", "LambdaRuntime", "ONNX", "Pictures",
                "Planning",
                "Routing",
                "Serving",
                "Threading", "Wire",
            ],
            swiftSettings: strict,
            linkerSettings: [.unsafeFlags(bootstrapLinkerFlags, .when(configuration: .release))]
        ),

        // The server.
        .target(
            name: "Backend",
            dependencies: [
                "AWS", "Batching", "CPlatform", "CURL", "Fleet", "Histograms", "Planning", "Serving",
                "Threading",
                "Wire",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: strict
        ),

        // Charts and pages.
        .target(name: "Reports", swiftSettings: strict),

        // The load generator.
        .target(
            name: "Load",
            dependencies: [
                "CPlatform", "Histograms", "Reports", "Seeded", "Wire",
                .product(name: "DequeModule", package: "swift-collections"),
            ],
            swiftSettings: strict
        ),

        // The laptop's side.
        .target(name: "CURL", dependencies: ["CCURL"], swiftSettings: strict),
        .target(name: "AWS", dependencies: ["CURL", "Wire"], swiftSettings: strict),
        .target(name: "Fleet", dependencies: ["AWS", "Wire"], swiftSettings: strict),
        .target(
            name: "Routing",
            dependencies: ["AWS", "Batching", "CURL", "Fleet", "LambdaRuntime", "Wire"],
            swiftSettings: strict
        ),
        .target(
            name: "LocalCloud",
            dependencies: [
                "AWS", "CPlatform", "LambdaRuntime", "Planning", "Seeded", "Threading", "Wire",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            resources: dashboard.map { .embedInCode("Dashboard/\($0)") },
            swiftSettings: strict
        ),
        .target(name: "TensorFiles", dependencies: ["ONNX", "Pictures", "Wire"], swiftSettings: strict),
        .executableTarget(
            name: "mark",
            dependencies: [
                "AWS", "Backend", "Batching", "CURL", "CPlatform", "Control", "Fleet", "Forecasting",
                "Histograms",
                "LambdaRuntime", "Load", "LocalCloud", "ONNX", "Pictures", "Planning", "Reports", "Serving",
                "Simulation",
                "TensorFiles",
                "Threading", "Wire",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict,
            linkerSettings: [.unsafeFlags(markLinkerFlags, .when(configuration: .release))]
        ),
        .executableTarget(
            name: "benchmark",
            dependencies: [
                "Batching", "Forecasting", "LambdaRuntime", "ONNX", "Pictures", "Planning", "Seeded",
                "Serving",
                "Simulation",
                "Threading",
                "Wire",
            ],
            swiftSettings: strict
        ),

        .target(
            name: "TestKit",
            dependencies: ["ONNX", "Seeded"],
            path: "Tests/TestKit",
            swiftSettings: strict
        ),
        .testTarget(name: "CURLTests", dependencies: ["CURL"], swiftSettings: strict),
        .testTarget(
            name: "AWSTests",
            dependencies: ["AWS", "CURL", "Seeded", "TestKit", "Threading", "Wire"],
            exclude: ["Fixtures"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "LocalCloudTests",
            dependencies: [
                "AWS", "CURL", "LambdaRuntime", "LocalCloud", "Planning", "Seeded", "TestKit", "Threading",
                "Wire",
            ],
            exclude: ["Fixtures"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "BatchingTests",
            dependencies: ["Batching", "Seeded", "TestKit"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ForecastingTests",
            dependencies: ["Forecasting", "Seeded", "TestKit"],
            exclude: ["Fixtures", "Traces"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "HistogramsTests",
            dependencies: ["Histograms", "Seeded", "TestKit"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ControlTests",
            dependencies: ["AWS", "Control", "Fleet", "Planning", "Seeded", "TestKit", "Wire"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "PlanningTests",
            dependencies: ["Batching", "Forecasting", "Planning", "Seeded", "TestKit", "Wire"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "SimulationTests",
            dependencies: [
                "Batching", "Forecasting", "Histograms", "Planning", "Seeded", "Simulation", "TestKit",
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "LoadTests",
            dependencies: ["Histograms", "Load", "Seeded", "TestKit", "Threading"],
            swiftSettings: strict
        ),
        .testTarget(name: "WireTests", dependencies: ["Seeded", "TestKit", "Wire"], swiftSettings: strict),
        .testTarget(name: "ONNXTests", dependencies: ["ONNX", "Seeded", "TestKit"], swiftSettings: strict),
        .testTarget(
            name: "ServingTests",
            dependencies: [
                "Batching", "Histograms", "ONNX", "Pictures", "Seeded", "Serving", "TestKit", "Threading",
                "Wire",
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "PicturesTests",
            dependencies: ["Pictures", "Seeded", "TestKit"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "LambdaRuntimeTests",
            dependencies: ["LambdaRuntime", "Seeded", "TestKit", "Threading", "Wire"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "RoutingTests",
            dependencies: ["AWS", "CURL", "Fleet", "LambdaRuntime", "Routing", "Seeded", "TestKit", "Wire"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "TensorFilesTests",
            dependencies: ["ONNX", "Pictures", "Seeded", "TensorFiles", "TestKit", "Wire"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ReportsTests",
            dependencies: ["Reports", "Seeded", "TestKit"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "BackendTests",
            dependencies: ["AWS", "Backend", "Batching", "CURL", "Fleet", "Serving"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "FleetTests",
            dependencies: ["AWS", "Fleet", "Seeded", "TestKit", "Wire"],
            swiftSettings: strict
        ),
        .testTarget(name: "TidyTests", swiftSettings: strict),
    ]
)
